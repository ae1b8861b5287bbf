/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An interrupt until its driver, which waits in another domain, runs. The PL031's alarm comes at once when its time is
 * set to now, so the thread that will be interrupted sets it. It has shown when in x19, and its pc tells how many
 * instructions it executed since: what is left is the kernel's.
 */
#include "bench.h"
#include "guest.h"

enum { DRIVER, VICTIM, LINE = SIDE_SPARE, RTC_LINE = 34 };

/* What the driver reads of the counter first, less when the interrupt was taken: x19 and pc of whom it interrupted. */
static void take_sample(unsigned i, uint64_t read, uint64_t pc)
{
    const uint64_t at = pc - CODE_ADDRESS + (uint64_t)(uintptr_t)programs;
    const uint64_t from = (uint64_t)(uintptr_t)program_alarm_read;
    const uint64_t loop = (uint64_t)(program_alarm_end - program_alarm_again) / 4 + 1;
    const uint64_t done = at > from ? (at - from) / 4 : loop - (from - at) / 4;

    if (i >= WARM_UP)
        sample(read + done - counter_overhead, side_log_first(DRIVER, i).after);
}

static void make_driver(void)
{
    side_make(DRIVER, SIDE_PRIORITY);
    side_make_bell(DRIVER, true);
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, LINE, BOOT_CAP_INTERRUPTS, RTC_LINE));
    EXPECT_OK(quoll_interrupt_bind(LINE, side_capability(DRIVER, SIDE_BELL), 1, QUOLL_TRIGGER_LEVEL));
    map_rtc(side_capability(DRIVER, SIDE_DOMAIN_OF));
    side_give(DRIVER, SIDE_TARGET, LINE);
    side_set_call(DRIVER, CALL_REPLY_WAIT | QUOLL_FLAG_NO_REPLY, 0);
    side_block(DRIVER)->rtc = RTC_ADDRESS;
    side_start_server(DRIVER, program_driver);
}

static void run(const char *name, unsigned crowd)
{
    const uint32_t victim = side_capability(VICTIM, SIDE_THREAD);

    sides_begin();
    make_driver();
    side_make(VICTIM, SIDE_PRIORITY - 1);
    crowd_make(crowd);
    map_rtc(side_capability(VICTIM, SIDE_DOMAIN_OF));
    side_block(VICTIM)->x[0] = RTC_ADDRESS;
    side_start(VICTIM, program_alarm);
    sample_clear();
    for (unsigned i = 0; i < ROUNDS; i++) {
        sides_run();
        EXPECT_OK(quoll_thread_suspend(victim));
        take_sample(i, quoll_thread_read_registers(victim, 19).word[0],
                    quoll_thread_read_registers(victim, QUOLL_REGISTER_PC).word[0]);
        EXPECT_OK(quoll_thread_resume(victim));
    }
    sample_row(name, 1);
}

void bench_interrupt(void)
{
    run("irq_to_user", 0);
}

void bench_interrupt_10_domains(void)
{
    run("irq_to_user_10_domains", 10);
}

void bench_interrupt_100_domains(void)
{
    run("irq_to_user_100_domains", 100);
}

/* The registers of a guest that does not run are in its state page. */
void bench_interrupt_over_guest(void)
{
    sides_begin();
    make_driver();
    guest_make_vmm();
    guest_make(VICTIM, GUEST_PRIORITY);
    map_rtc(side_capability(VICTIM, SIDE_DOMAIN_OF));
    side_block(VICTIM)->x[0] = RTC_ADDRESS;
    guest_start(VICTIM, program_alarm);
    sample_clear();
    for (unsigned i = 0; i < ROUNDS; i++) {
        sides_run();
        take_sample(i, guest_state(VICTIM)->x[19], guest_state(VICTIM)->pc);
    }
    sample_row("irq_to_user_over_guest", 1);
}
