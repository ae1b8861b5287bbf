/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The system counter. Host tests replace this file.
 */
#pragma once

#include <stdint.h>

/* Hz; set once, by the firmware */
static inline uint64_t counter_frequency(void)
{
    uint64_t value = 0;

    __asm__("mrs %0, CNTFRQ_EL0" : "=r"(value));
    return value;
}

/* The barrier keeps the counter from being read early (Arm ARM D11.1.2). */
static inline uint64_t counter_ticks(void)
{
    uint64_t value = 0;

    __asm__ volatile("isb\n\tmrs %0, CNTPCT_EL0" : "=r"(value) : : "memory");
    return value;
}
