/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the judge asks of root.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/calls.h"
#include "services/root/protocol.h"

enum quoll_error root_ask(enum root_operation operation, uint64_t argument);

/* Makes it afresh, whether it runs or not. */
void root_make(uint32_t component);

bool root_has_stopped(uint32_t component);

/* Bytes of RAM. */
uint64_t root_free_memory(void);

/* How often it was made; 0 while it is not there. */
uint64_t root_times_made(uint32_t component);

/* Ticks of CPU time of its further thread, a vCPU. */
uint64_t root_ticks_used(uint32_t component);
