/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Figures: a row's samples, what reading the counter costs, and how rows are printed.
 */
#pragma once

#include "side.h"

/* The counter of instructions; a kernel with COUNTERS=1 lets EL0 read it. */
static inline uint64_t counter(void)
{
    uint64_t value = 0;

    __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(value) : : "memory");
    return value;
}

/* What two reads with nothing between them differ by; every figure is less by this. */
extern uint64_t counter_overhead;

/* Calibrates, and shows the rows that prove the counter. */
void sample_begin(void);

/* Forgets all samples. */
void sample_clear(void);
/* One more: `end - begin`, both read from the counter, without what reading it costs. */
void sample(uint64_t begin, uint64_t end);
/* `row NAME instructions MIN MEDIAN MAX` of the samples, each divided by `divisor`. */
void sample_row(const char *name, unsigned divisor);
