/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The whole of the fake machine, as far as anybody could tell: every object of every pool byte by byte, capability
 * lists, what translation tables lead to, the contents of memory that has an owner, and the core. Left out is what only
 * says how far an interrupted call has come, where a pool's free blocks are, and the registers that a call may change.
 */
#pragma once

#include <stdbool.h>

struct thread;

/* Remember the machine in place `which` (0 or 1); `caller` is who makes the call. */
void snapshot_take(unsigned which, struct thread *caller);

/* Are both the same? Says where not. */
bool snapshot_same(void);
