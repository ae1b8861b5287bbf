/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sample.h"

#include "bench/figures/figures.h"

enum { LOOP = 1000 };

uint64_t counter_overhead = 0;

void sample_clear(void)
{
    figures_clear();
}

void sample(uint64_t begin, uint64_t end)
{
    figures_add(end - begin - counter_overhead);
}

void sample_row(const char *name, unsigned divisor)
{
    char line[FIGURES_LINE] = {0};

    EXPECT(figures_count() != 0);
    if (figures_count() == 0)
        return;
    figures_row(line, name, "instructions", divisor);
    test_print("%s", line);
}

/* A loop of LOOP subtractions and LOOP branches. */
static void run_loop(void)
{
    uint64_t loops = LOOP;
    uint64_t begin = 0;
    uint64_t end = 0;

    __asm__ volatile("mrs %1, pmccntr_el0\n"
                     "1: subs %0, %0, #1\n"
                     "b.ne 1b\n"
                     "mrs %2, pmccntr_el0\n"
                     : "+r"(loops), "=&r"(begin), "=r"(end)
                     :
                     : "cc", "memory");
    sample(begin, end);
}

void sample_begin(void)
{
    uint64_t begin = 0;
    uint64_t end = 0;

    counter_overhead = 0;
    sample_clear();
    for (unsigned i = 0; i < SAMPLES; i++) {
        __asm__ volatile("mrs %0, pmccntr_el0\n\tmrs %1, pmccntr_el0" : "=&r"(begin), "=r"(end) : : "memory");
        sample(begin, end);
    }
    sample_row("harness_overhead", 1);
    counter_overhead = figures_least();
    EXPECT_EQUAL(figures_most(), counter_overhead);
    sample_clear();
    for (unsigned i = 0; i < SAMPLES; i++)
        run_loop();
    sample_row("harness_loop", 1);
    EXPECT_EQUAL(figures_least(), 2 * LOOP);
    EXPECT_EQUAL(figures_most(), 2 * LOOP);
}
