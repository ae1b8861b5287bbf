/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Takes the place of lib/rt/counter.h in host programs: a test that links lib/rt/time.c defines the counter.
 */
#pragma once

#include <stdint.h>

uint64_t counter_frequency(void);
uint64_t counter_ticks(void);
