/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-simd: registers of others. A thread that starts finds zeroes in all of its registers; one that sleeps finds
 * what it left, and never what the victim has in its own meanwhile.
 */
#include "attacker.h"

#include "rt/time.h"

enum { SHARE_NS = 500000, PERIOD_NS = 10000000, LOOK_NS = 20000000, SLEEP_NS = 200000 };

uint64_t simd_keep(uint64_t pattern, uint64_t deadline);
void simd_start(uint64_t argument);

static volatile uint64_t found;

/* simd_start jumps here with what it found in x0. */
void simd_started(uint64_t what)
{
    found = what;
    worker_end();
}

void attack_simd(void)
{
    struct worker_fault fault = {0};

    if (!worker_make(0, COMPONENT_PRIORITY - 1, SHARE_NS, PERIOD_NS))
        return;
    while (!over()) {
        if (simd_keep(any(), time_ticks() + time_ns_to_ticks(SLEEP_NS)) != 0)
            leak(1);
        worker_run(0, simd_start, 0);
        if (!worker_fault(LOOK_NS, &fault))
            leak(2);
        else if (found != 0)
            leak(found);
        /* Made afresh, too, in memory that held another thread's. */
        if (any() % 4 == 0) {
            (void)quoll_any_destroy(CAP_WORKER);
            (void)quoll_any_destroy(CAP_WORKER_BUDGET);
            (void)worker_make(0, COMPONENT_PRIORITY - 1, SHARE_NS, PERIOD_NS);
        }
        did(1);
    }
}
