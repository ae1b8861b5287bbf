/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A driver that waits for interrupts, 20,000 a second: how long from the line's assertion to its first instruction.
 *
 * The device is the EL1 physical timer, which the measuring kernel leaves to EL0: it asserts its line when the clock
 * reaches what this driver chose before, so the moment is known, wherever the CPU is then. Moments scatter around a
 * grid of 50 us, to meet everything else that is periodic in every phase.
 */
#include "component.h"

#include "abi/plan.h"
#include "bench/worst/measured.h"
#include "bench/worst/phase.h"
#include "rt/component.h"
#include "rt/time.h"

enum { PERIOD_NS = 50000, SCATTER_TICKS = 1024, MARGIN_TICKS = 64 };

static void timer_set(uint64_t ticks)
{
    __asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb"
                     :
                     : "r"(ticks), "r"(UINT64_C(1))
                     : "memory");
}

static void timer_off(void)
{
    __asm__ volatile("msr cntp_ctl_el0, xzr\n\tisb" : : : "memory");
}

/* Numerical Recipes' generator; its upper bits. */
static uint64_t scatter(void)
{
    static uint32_t state = 1;

    state = state * 1664525 + 1013904223;
    return (state >> 16) % SCATTER_TICKS;
}

/* For a debugger to stop at: the longest so far. */
static __attribute__((noinline)) void longest(void)
{
    __asm__ volatile("");
}

/* One interrupt at `moment`. */
static void interrupt(uint64_t moment, uint64_t origin)
{
    uint64_t counter = 0;

    timer_set(moment);
    while ((measure_wait(COMPONENT_CAP_NOTIFICATION, QUOLL_FOREVER, &counter) & FLAG_TIMER0) == 0)
        continue;
    if (counter - origin - moment * MEASURE_TICK > measured->latency.maximum)
        longest();
    measure_add(&measured->latency, counter - origin - moment * MEASURE_TICK);
    timer_off();
    (void)quoll_interrupt_acknowledge(CAP_TIMER0_INTERRUPT);
}

static void run(const struct phase *phase, uint64_t origin)
{
    uint64_t period = time_ns_to_ticks(PERIOD_NS);
    uint64_t end = time_ns_to_ticks(phase->end_ns);

    for (uint64_t grid = time_ns_to_ticks(phase->begin_ns); grid < end; grid += period) {
        uint64_t moment = grid + scatter();

        if (time_ticks() + MARGIN_TICKS < moment)
            interrupt(moment, origin);
        else
            measured->late++;
    }
}

void component_start(void)
{
    uint64_t origin = measure_origin();

    for (unsigned i = 0; i < PHASES; i++) {
        time_sleep_until(time_ns_to_ticks(phases[i].begin_ns) - time_ns_to_ticks(PERIOD_NS));
        run(&phases[i], origin);
    }
}
