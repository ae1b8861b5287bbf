/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A service's notification that is a guest's interrupt: from the notify, over the service's next wait, to the guest's
 * vector. What the service does between the two is left out.
 */
#include "guest.h"

#include "bench.h"

enum { GUEST, SERVICE, INTERRUPT = 48, LINE = SIDE_SPARE, RTC_LINE = 34 };

static void show(const char *name)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++) {
        uint64_t between = side_log_first(SERVICE, i + 1).before - side_log_then(SERVICE, i).after;

        sample(side_log_then(SERVICE, i).before, side_log(GUEST, i).after - between - counter_overhead);
    }
    sample_row(name, 1);
}

static void make(void)
{
    sides_begin();
    guest_make_vmm();
    guest_make(GUEST, GUEST_PRIORITY);
    guest_make_bell(GUEST, INTERRUPT);
    side_make(SERVICE, SIDE_PRIORITY);
    side_make_bell(SERVICE, true);
    side_set_call(SERVICE, CALL_REPLY_WAIT | QUOLL_FLAG_NO_REPLY, 0);
}

/* The guest rang. */
void bench_inject(void)
{
    make();
    side_give(SERVICE, SIDE_TARGET, side_capability(GUEST, SIDE_BELL));
    side_set_then(SERVICE, CALL_SIGNAL, SIDE_TARGET, 1);
    side_block(SERVICE)->rounds = ROUNDS + 1;
    side_start_server(SERVICE, program_call_then);
    side_give(GUEST, SIDE_TARGET, side_capability(SERVICE, SIDE_BELL));
    side_set_call(GUEST, CALL_SIGNAL, SIDE_TARGET);
    guest_start(GUEST, guest_ring);
    sides_run();
    show("virq_inject");
}

/* The service's device interrupted the guest. */
void bench_inject_running(void)
{
    make();
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, LINE, BOOT_CAP_INTERRUPTS, RTC_LINE));
    EXPECT_OK(quoll_interrupt_bind(LINE, side_capability(SERVICE, SIDE_BELL), 1, QUOLL_TRIGGER_LEVEL));
    map_rtc(side_capability(SERVICE, SIDE_DOMAIN_OF));
    map_rtc(side_capability(GUEST, SIDE_DOMAIN_OF));
    side_give(SERVICE, SIDE_TARGET, LINE);
    EXPECT_OK(quoll_domain_delete(side_capability(SERVICE, SIDE_DOMAIN_OF), SIDE_DONE));
    side_give(SERVICE, SIDE_DONE, side_capability(GUEST, SIDE_BELL));
    side_block(SERVICE)->rtc = RTC_ADDRESS;
    side_start_server(SERVICE, program_driver);
    side_block(GUEST)->x[0] = RTC_ADDRESS;
    guest_start(GUEST, guest_alarm);
    sides_run();
    show("virq_inject_running");
}
