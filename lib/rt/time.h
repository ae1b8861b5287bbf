/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Time is ticks of the system counter, CNTPCT_EL0, which runs at CNTFRQ_EL0 and starts with the board.
 */
#pragma once

#include <stdint.h>

uint64_t time_ticks(void);
uint64_t time_ns(void);
uint64_t time_ns_to_ticks(uint64_t ns); /* rounded down */
uint64_t time_ticks_to_ns(uint64_t ticks);

/*
 * Waits on the component's own notification until then. Flags that arrive meanwhile are kept for the event loop
 * (component_keep_flags); calls wait in their queue.
 */
void time_sleep_until(uint64_t ticks);
