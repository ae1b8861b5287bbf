/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sample.h"

#include <stdlib.h>

enum { LOOP = 1000 };

uint64_t counter_overhead = 0;

static uint64_t samples[LOG_MAX];
static unsigned count;

void sample_clear(void)
{
    count = 0;
}

void sample(uint64_t begin, uint64_t end)
{
    if (count < LOG_MAX)
        samples[count++] = end - begin - counter_overhead;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

/* Hundredths, without a trailing ".00". */
static void print_quotient(uint64_t value, unsigned divisor)
{
    uint64_t hundredths = value * 100 / divisor;

    test_print(hundredths % 100 == 0 ? " %lu" : " %lu.%02lu", (unsigned long)(hundredths / 100),
               (unsigned long)(hundredths % 100));
}

void sample_row(const char *name, unsigned divisor)
{
    EXPECT(count != 0);
    if (count == 0)
        return;
    qsort(samples, count, sizeof(samples[0]), compare);
    test_print("row %s instructions", name);
    print_quotient(samples[0], divisor);
    print_quotient(samples[count / 2], divisor);
    print_quotient(samples[count - 1], divisor);
    test_print("\n");
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
    counter_overhead = samples[0];
    EXPECT_EQUAL(samples[count - 1], counter_overhead);
    sample_clear();
    for (unsigned i = 0; i < SAMPLES; i++)
        run_loop();
    sample_row("harness_loop", 1);
    EXPECT_EQUAL(samples[0], 2 * LOOP);
    EXPECT_EQUAL(samples[count - 1], 2 * LOOP);
}
