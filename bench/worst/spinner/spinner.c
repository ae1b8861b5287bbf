/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Spins, and sees how much time it gets: for each window that is as long as its period and ends where it was stopped,
 * the time that it had in it, without what others had in between.
 */
#include "component.h"

#include "abi/plan.h"
#include "bench/worst/measured.h"
#include "bench/worst/phase.h"
#include "rt/component.h"
#include "rt/time.h"

/* A turn of the loop is shorter than GAP, what the kernel or somebody else has is not. */
enum { GAP = 64, STRETCHES = 65536 };

/* Without interruption, in order. */
static struct stretch {
    uint64_t begin, end;
} stretches[STRETCHES];

static void spin(const struct phase *phase)
{
    uint64_t finish = measure_counter() + phase->end_ns - phase->begin_ns;
    uint64_t last = measure_counter();
    unsigned count = 0;

    stretches[0].begin = last;
    while (count < STRETCHES - 1 && last < finish) {
        uint64_t now = measure_counter();

        if (now - last > GAP) {
            stretches[count++].end = last;
            stretches[count].begin = now;
        }
        last = now;
    }
    stretches[count].end = last;
    for (unsigned i = 0, first = 0; i <= count; i++) {
        uint64_t from = stretches[i].end - COMPONENT_PERIOD_NS, own = 0;

        while (stretches[first].end <= from)
            first++;
        for (unsigned j = first; j <= i; j++)
            own += stretches[j].end - (stretches[j].begin > from ? stretches[j].begin : from);
        measure_add(&measured->window, own / SPINNER_UNIT);
    }
}

void component_start(void)
{
    for (unsigned i = 0; i < PHASES; i++) {
        time_sleep_until(time_ns_to_ticks(phases[i].begin_ns));
        spin(&phases[i]);
    }
}
