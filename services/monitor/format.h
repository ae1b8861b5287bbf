/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers and names as a table has them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "abi/calls.h"
#include "services/root/protocol.h"

/* "1.2 ms", "34 us", "5.00 s": at most three digits and a unit; 9 bytes with the NUL */
enum { FORMAT_TIME_MAX = 10, FORMAT_SIZE_MAX = 10 };
const char *format_time(uint64_t ns, char text[FORMAT_TIME_MAX]);

/* "12 KiB", "256 MiB" */
const char *format_size(uint64_t bytes, char text[FORMAT_SIZE_MAX]);

const char *format_thread_state(uint64_t state);
const char *format_root_state(uint64_t state);

/* part of whole in tenths of a percent; 0 when there is no whole */
unsigned format_permille(uint64_t part, uint64_t whole);
