/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How late the first instruction is of a thread that waits for an interrupt and comes before everybody else. The
 * interrupt is that of the EL1 physical timer (bench/worst/README.md).
 */
#include "bench/worst/measure.h"
#include "suite.h"

enum {
    DRIVER = 0, /* child */
    LINE = 30,  /* PPI 14 */
    PRIORITY = 255,
    INTERRUPT = TEST_LAST - 1,
    TOLD, /* notification: the line, flag 1 */
};
/* Much later: moments lie less than this apart. */
#define NOT_SET UINT64_MAX

static uint64_t origin;
static volatile uint64_t moment = NOT_SET;
static struct measure seen;

static void timer_set(uint64_t ticks)
{
    __asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb"
                     :
                     : "r"(ticks), "r"(UINT64_C(1))
                     : "memory");
}

static void driver(uint64_t unused)
{
    (void)unused;
    for (;;) {
        uint64_t counter = 0;
        uint64_t flags = measure_wait(TOLD, QUOLL_FOREVER, &counter);

        if ((flags & 1) == 0 || moment == NOT_SET)
            continue;
        measure_add(&seen, counter - origin - moment * MEASURE_TICK);
        moment = NOT_SET;
        __asm__ volatile("msr cntp_ctl_el0, xzr\n\tisb" : : : "memory");
        quoll_interrupt_acknowledge(INTERRUPT);
    }
}

void latency_open(void)
{
    origin = measure_origin();
    moment = NOT_SET;
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, TOLD));
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, INTERRUPT, BOOT_CAP_INTERRUPTS, LINE));
    EXPECT_OK(quoll_interrupt_bind(INTERRUPT, TOLD, 1, QUOLL_TRIGGER_LEVEL));
    child_start(DRIVER, driver, 0, PRIORITY);
    test_sleep(TICKS_MS);
}

void latency_arm(uint64_t ticks)
{
    moment = ticks;
    timer_set(ticks);
}

void latency_row(const char *name)
{
    EXPECT(seen.samples > 0 && moment == NOT_SET);
    if (!stretch_traced())
        test_print("row latency_%s_max instructions %lu %lu %lu\n", name, (unsigned long)seen.minimum,
                   (unsigned long)measure_median(&seen), (unsigned long)seen.maximum);
    seen = (struct measure){0};
}
