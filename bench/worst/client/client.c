/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The other client of the server that is flooded: one request a period, and how long until it is answered, from the
 * period's begin on.
 */
#include "component.h"

#include "abi/plan.h"
#include "bench/worst/measured.h"
#include "bench/worst/phase.h"
#include "rt/component.h"
#include "rt/time.h"

static void run(const struct phase *phase, uint64_t origin)
{
    uint64_t period = time_ns_to_ticks(COMPONENT_PERIOD_NS);
    uint64_t end = time_ns_to_ticks(phase->end_ns);

    for (uint64_t release = time_ns_to_ticks(phase->begin_ns); release < end; release += period) {
        struct quoll_message message = {0};
        uint64_t begin = 0;

        while (measure_wait(COMPONENT_CAP_NOTIFICATION, release, &begin) != 0)
            continue;
        measured->unanswered += quoll_call(CAP_ECHO_SERVER_ECHO, &message) != QUOLL_OK;
        measure_add(&measured->response, measure_counter() - origin - release * MEASURE_TICK);
    }
}

void component_start(void)
{
    uint64_t origin = measure_origin();

    for (unsigned i = 0; i < PHASES; i++)
        run(&phases[i], origin);
}
