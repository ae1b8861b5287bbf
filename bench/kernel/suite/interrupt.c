/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An interrupt until its driver, which waits in another domain, runs. The PL031's alarm comes at once when its time is
 * set to now, so the thread that will be interrupted sets it. It has shown when in x19, and its pc tells how many
 * instructions it executed since: what is left is the kernel's.
 */
#include "bench.h"
#include "rt/component.h"

enum { DRIVER, VICTIM, LINE = SIDE_SPARE, RTC_LINE = 34 };
#define RTC_PHYSICAL UINT64_C(0x09010000)

static void map_rtc(uint32_t domain)
{
    for (uint32_t i = 0; i < runtime_argument[1]; i++)
        if (quoll_memory_address(BOOT_CAP_DEVICE + i).word[0] == RTC_PHYSICAL)
            EXPECT_OK(quoll_domain_map(domain, BOOT_CAP_DEVICE + i, TEST_POOL, RTC_ADDRESS, 0, TEST_PAGE,
                                       QUOLL_MAP_READ | QUOLL_MAP_WRITE));
}

/* What the driver reads of the counter first, less when the interrupt was taken. */
static void take_sample(unsigned i)
{
    const uint64_t pc = quoll_thread_read_registers(side_capability(VICTIM, SIDE_THREAD), QUOLL_REGISTER_PC).word[0];
    const uint64_t at = pc - CODE_ADDRESS + (uint64_t)(uintptr_t)programs;
    const uint64_t read = quoll_thread_read_registers(side_capability(VICTIM, SIDE_THREAD), 19).word[0];
    const uint64_t from = (uint64_t)(uintptr_t)program_alarm_read;
    const uint64_t loop = (uint64_t)(program_alarm_end - program_alarm_again) / 4 + 1;
    const uint64_t done = at > from ? (at - from) / 4 : loop - (from - at) / 4;

    if (i >= WARM_UP)
        sample(read + done - counter_overhead, side_log(DRIVER, i).after);
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
    side_start(DRIVER, program_driver);
}

static void run(const char *name, unsigned crowd)
{
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
        EXPECT_OK(quoll_thread_suspend(side_capability(VICTIM, SIDE_THREAD)));
        take_sample(i);
        EXPECT_OK(quoll_thread_resume(side_capability(VICTIM, SIDE_THREAD)));
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
