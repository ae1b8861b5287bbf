/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Moments and stretches of time, exact to the instruction. PMCCNTR_EL0 counts instructions, which are the nanoseconds
 * of the board's clock, idle ones included; CNTPCT_EL0 shows that clock in ticks of 16 and says where it is zero.
 */
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "rt/calls.h"

enum { MEASURE_LONGEST = 32768, MEASURE_TICK = 16, MEASURE_EDGES = 12 };

struct measure {
    uint64_t samples, minimum, maximum;
    uint32_t count[MEASURE_LONGEST]; /* by length; the last one holds the longer ones too */
};

static inline uint64_t measure_counter(void)
{
    uint64_t value = 0;

    __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(value) : : "memory");
    return value;
}

/* PMCCNTR_EL0 at the board's time 0, which may be before its own 0. An interruption between the two reads makes a
 * difference larger, never smaller. */
static inline uint64_t measure_origin(void)
{
    int64_t least = INT64_MAX;

    for (unsigned i = 0; i < 1000; i++) {
        uint64_t ticks = 0, counter = 0;

        __asm__ volatile("mrs %0, cntpct_el0\n\tmrs %1, pmccntr_el0" : "=&r"(ticks), "=r"(counter) : : "memory");
        if ((int64_t)(counter - ticks * MEASURE_TICK) < least)
            least = (int64_t)(counter - ticks * MEASURE_TICK);
        for (volatile unsigned j = 0; j < i % MEASURE_TICK; j++) /* meet every part of a tick */
            continue;
    }
    return (uint64_t)least - 1; /* the first read is an instruction */
}

/*
 * Waits for flags of a notification or the deadline. *counter is PMCCNTR_EL0 as the first instruction behind the wait
 * reads it. Answers the flags, 0 if the deadline passed.
 */
static inline uint64_t measure_wait(uint32_t notification, uint64_t deadline, uint64_t *counter)
{
    register uint64_t x0 __asm__("x0") = deadline;
    register uint64_t x8 __asm__("x8") = notification;
    register uint64_t x9 __asm__("x9") = QUOLL_CALL_notification_wait;

    __asm__ volatile("svc #1\n\tmrs x9, pmccntr_el0"
                     : "+r"(x0), "+r"(x8), "+r"(x9)
                     :
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                       "x18", "cc", "memory");
    *counter = x9;
    return (uint32_t)x8 == QUOLL_OK ? x0 : 0;
}

static inline void measure_add(struct measure *measure, uint64_t length)
{
    if (measure->samples++ == 0 || length < measure->minimum)
        measure->minimum = length;
    if (length > measure->maximum)
        measure->maximum = length;
    measure->count[length < MEASURE_LONGEST ? length : MEASURE_LONGEST - 1]++;
}

static inline uint64_t measure_median(const struct measure *measure)
{
    uint64_t seen = 0;

    for (uint64_t length = 0; length < MEASURE_LONGEST; length++) {
        seen += measure->count[length];
        if (2 * seen >= measure->samples)
            return length;
    }
    return measure->maximum;
}

/* In instructions; `unit` of them are one of what was added. */
static inline void measure_print(const struct measure *measure, const char *name, uint64_t unit)
{
    printf("row %s instructions %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", name, measure->minimum * unit,
           measure_median(measure) * unit, measure->maximum * unit);
}

/* How many lie below each edge and not below the one before. */
static inline void measure_print_histogram(const struct measure *measure)
{
    static const uint32_t EDGES[MEASURE_EDGES] = {250,  500,  750,  1000, 1250,  1500,
                                                  2000, 3000, 4000, 8000, 16000, MEASURE_LONGEST};
    uint64_t length = 0;

    printf("%" PRIu64 " samples\n", measure->samples);
    for (unsigned i = 0; i < MEASURE_EDGES; i++) {
        uint64_t sum = 0;

        for (; length < EDGES[i]; length++)
            sum += measure->count[length];
        if (sum > 0)
            printf("  below %5" PRIu32 "  %" PRIu64 "\n", EDGES[i], sum);
    }
}
