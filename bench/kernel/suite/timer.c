/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The virtual timer: from the moment when it expires, which is a tick of the system counter, to the guest's vector. A
 * tick lasts TICK instructions; which instruction one begins with is found by reading both counters often enough.
 */
#include "guest.h"

#include "bench.h"

enum { GUEST, OTHER, TICK = 16 };

/* PMCCNTR_EL0 when CNTVCT_EL0 was 0, as it were. */
static uint64_t find_phase(void)
{
    uint64_t least = UINT64_MAX;

    guest_start(GUEST, guest_counters);
    sides_run();
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t difference = side_log(GUEST, i).after - counter_overhead - TICK * side_log(GUEST, i).before;

        if (i == 0 || (int64_t)(difference - least) < 0)
            least = difference;
    }
    EXPECT_OK(quoll_thread_suspend(side_capability(GUEST, SIDE_THREAD)));
    return least;
}

static void run(const char *name, const char *program, bool contended)
{
    uint64_t phase = 0;

    sides_begin();
    guest_make_vmm();
    guest_make(GUEST, GUEST_PRIORITY);
    guest_enable(GUEST, TIMER_LINE);
    phase = find_phase();
    if (contended) {
        guest_make(OTHER, GUEST_PRIORITY - 1);
        guest_start(OTHER, guest_spin);
    }
    guest_start(GUEST, program);
    sides_run();
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(TICK * side_log(GUEST, i).before + phase - counter_overhead, side_log(GUEST, i).after);
    sample_row(name, 1);
}

void bench_timer_busy(void)
{
    run("guest_timer_busy", guest_timer_busy, false);
}

void bench_timer_wfi(void)
{
    run("guest_timer_wfi", guest_timer_wait, false);
}

/* The guest waits, and another one of lower priority runs until then. */
void bench_vcpu_switch(void)
{
    run("vcpu_switch", guest_timer_wait, true);
}
