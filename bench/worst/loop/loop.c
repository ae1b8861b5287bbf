/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A periodic task, released once a period of its budget. It calls nobody while it is measured: how late it begins, when
 * it is done, and whether that was before the next release.
 */
#include "component.h"

#include "abi/plan.h"
#include "bench/worst/measured.h"
#include "bench/worst/phase.h"
#include "rt/component.h"
#include "rt/time.h"

enum { TURNS = 200, LONG_PERIOD_NS = 1000000 };

/* The slow one is released between two releases of the fast one, which would only show in it otherwise. */
static struct measured_loop *const own =
    COMPONENT_PERIOD_NS == LONG_PERIOD_NS ? &measured->loop_1khz : &measured->loop_10khz;
enum { OFFSET_NS = COMPONENT_PERIOD_NS == LONG_PERIOD_NS ? 50000 : 0 };

/* Some 1,000 instructions. */
static void work(void)
{
    for (volatile unsigned i = 0; i < TURNS; i++)
        continue;
}

static void run(const struct phase *phase, uint64_t origin)
{
    uint64_t period = time_ns_to_ticks(COMPONENT_PERIOD_NS);
    uint64_t end = time_ns_to_ticks(phase->end_ns);

    for (uint64_t release = time_ns_to_ticks(phase->begin_ns + OFFSET_NS); release < end; release += period) {
        uint64_t begin = 0, done = 0, planned = origin + release * MEASURE_TICK;

        while (measure_wait(COMPONENT_CAP_NOTIFICATION, release, &begin) != 0)
            continue;
        measure_add(&own->jitter, begin - planned);
        work();
        done = measure_counter();
        measure_add(&own->response, done - planned);
        own->missed += done - planned > period * MEASURE_TICK;
    }
}

void component_start(void)
{
    uint64_t origin = measure_origin();

    for (unsigned i = 0; i < PHASES; i++)
        run(&phases[i], origin);
}
