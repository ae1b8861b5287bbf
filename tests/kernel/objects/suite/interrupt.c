/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Interrupts, with the alarm of the PL031 clock: SPI 2, level. Its count is seconds; an alarm at the present second
 * comes at once.
 */
#include "rt/component.h"
#include "server.h"

#define RTC_PHYSICAL UINT64_C(0x09010000)
enum { I = SERVER_FREE, N, SECOND, COPY, RTC_LINE = 34, FREE_LINE = 45, TIMER_LINE = 26 };
enum { RTC_DATA = 0, RTC_MATCH = 4, RTC_MASK = 0x10, RTC_RAW = 0x14, RTC_CLEAR = 0x1c };

static volatile uint32_t *rtc(unsigned offset)
{
    return (volatile uint32_t *)(TEST_WINDOW + offset);
}

static void map_rtc(void)
{
    for (uint32_t i = 0; i < runtime_argument[1]; i++)
        if (quoll_memory_address(BOOT_CAP_DEVICE + i).word[0] == RTC_PHYSICAL)
            EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, BOOT_CAP_DEVICE + i, TEST_POOL, TEST_WINDOW, 0, TEST_PAGE,
                                       QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    *rtc(RTC_MASK) = 1;
    *rtc(RTC_CLEAR) = 1;
}

static void alarm_now(void)
{
    do
        *rtc(RTC_MATCH) = *rtc(RTC_DATA);
    while (*rtc(RTC_RAW) == 0); /* a second may have passed between */
}

static void make_bound(uint64_t trigger)
{
    map_rtc();
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, I, BOOT_CAP_INTERRUPTS, RTC_LINE));
    EXPECT_OK(quoll_interrupt_bind(I, N, 0x10, trigger));
}

static uint64_t flags_within(uint64_t ticks)
{
    struct quoll_result result = quoll_notification_wait(N, test_ticks() + ticks);

    return result.error == QUOLL_OK ? result.word[0] : 0;
}

static void interrupt_create(void)
{
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, I, BOOT_CAP_INTERRUPTS, FREE_LINE));
    EXPECT_EQUAL(test_type(I), QUOLL_TYPE_INTERRUPT);
    EXPECT_ERROR(quoll_pool_create_interrupt(TEST_POOL, I, BOOT_CAP_INTERRUPTS, FREE_LINE + 1), SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_interrupt(TEST_POOL, 0, BOOT_CAP_INTERRUPTS, FREE_LINE + 1), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_interrupt(TEST_POOL, SECOND, BOOT_CAP_INTERRUPTS, FREE_LINE), BUSY);
    EXPECT_ERROR(quoll_pool_create_interrupt(TEST_POOL, SECOND, I, FREE_LINE + 1), BAD_ARGUMENT); /* one is not all */
    EXPECT_ERROR(quoll_pool_create_interrupt(TEST_POOL, SECOND, BOOT_CAP_INTERRUPTS, 1020), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_interrupt(TEST_POOL, SECOND, BOOT_CAP_INTERRUPTS, UINT64_MAX), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_interrupt(TEST_POOL, SECOND, BOOT_CAP_INTERRUPTS, 3), BAD_ARGUMENT); /* an SGI */
    EXPECT_ERROR(quoll_pool_create_interrupt(TEST_POOL, SECOND, BOOT_CAP_INTERRUPTS, TIMER_LINE), BAD_ARGUMENT);
    EXPECT_OK(quoll_any_destroy(I));
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, I, BOOT_CAP_INTERRUPTS, FREE_LINE));
}

static void interrupt_bind_errors(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, I, BOOT_CAP_INTERRUPTS, FREE_LINE));
    EXPECT_EQUAL(test_copy(COPY, N, QUOLL_RIGHT_SIGNAL, 1), QUOLL_OK);
    EXPECT_ERROR(quoll_interrupt_bind(BOOT_CAP_INTERRUPTS, N, 1, QUOLL_TRIGGER_LEVEL), BAD_STATE);
    EXPECT_ERROR(quoll_interrupt_acknowledge(BOOT_CAP_INTERRUPTS), BAD_STATE);
    EXPECT_ERROR(quoll_interrupt_bind(I, N, 0, QUOLL_TRIGGER_LEVEL), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_interrupt_bind(I, COPY, 2, QUOLL_TRIGGER_LEVEL), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_interrupt_bind(I, N, 1, 2), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_interrupt_acknowledge(I), BAD_STATE); /* not bound */
    EXPECT_OK(quoll_interrupt_bind(I, N, 1, QUOLL_TRIGGER_EDGE));
    EXPECT_OK(quoll_interrupt_acknowledge(I)); /* nothing to do */
}

/* Once taken, a line is quiet until it is acknowledged, though it is still up; then it comes again. */
static void interrupt_level(void)
{
    make_bound(QUOLL_TRIGGER_LEVEL);
    EXPECT_EQUAL(flags_within(TICKS_MS), 0);
    alarm_now();
    EXPECT_EQUAL(flags_within(TICKS_MS), 0x10);
    EXPECT_EQUAL(flags_within(TICKS_MS), 0);
    EXPECT_OK(quoll_interrupt_acknowledge(I)); /* the device was not asked to be quiet */
    EXPECT_EQUAL(flags_within(TICKS_MS), 0x10);
    *rtc(RTC_CLEAR) = 1;
    EXPECT_OK(quoll_interrupt_acknowledge(I));
    EXPECT_EQUAL(flags_within(TICKS_MS), 0);
    alarm_now();
    EXPECT_EQUAL(flags_within(TICKS_MS), 0x10);
    *rtc(RTC_CLEAR) = 1;
}

/* The binding ends with what it was derived from; the line is masked. A new binding goes on. */
static void interrupt_unbound(void)
{
    make_bound(QUOLL_TRIGGER_LEVEL);
    alarm_now();
    EXPECT_EQUAL(flags_within(TICKS_MS), 0x10);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, N)); /* while it is active */
    EXPECT_ERROR(quoll_interrupt_acknowledge(I), BAD_STATE);
    EXPECT_EQUAL(flags_within(TICKS_MS), 0);
    EXPECT_OK(quoll_interrupt_bind(I, N, 0x20, QUOLL_TRIGGER_LEVEL)); /* the line is up */
    EXPECT_EQUAL(flags_within(TICKS_MS), 0x20);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SECOND));
    EXPECT_OK(quoll_interrupt_bind(I, SECOND, 1, QUOLL_TRIGGER_LEVEL)); /* which acknowledges it */
    EXPECT_EQUAL(flags_within(TICKS_MS), 0);
    EXPECT_EQUAL(quoll_notification_wait(SECOND, test_ticks() + TICKS_MS).word[0], 1);
    EXPECT_OK(quoll_any_destroy(SECOND));
    *rtc(RTC_CLEAR) = 1;
}

static void interrupt_destroyed(void)
{
    make_bound(QUOLL_TRIGGER_LEVEL);
    alarm_now();
    EXPECT_EQUAL(flags_within(TICKS_MS), 0x10);
    EXPECT_OK(quoll_any_destroy(I)); /* active */
    EXPECT_EQUAL(flags_within(TICKS_MS), 0);
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, I, BOOT_CAP_INTERRUPTS, RTC_LINE));
    EXPECT_EQUAL(flags_within(TICKS_MS), 0);
    EXPECT_OK(quoll_interrupt_bind(I, N, 1, QUOLL_TRIGGER_LEVEL));
    EXPECT_EQUAL(flags_within(TICKS_MS), 1);
    *rtc(RTC_CLEAR) = 1;
}

/* A driver: a server whose bound notification tells of the interrupt. */
static void interrupt_wakes_server(void)
{
    make_bound(QUOLL_TRIGGER_LEVEL);
    server_start(0, 10, false);
    EXPECT_OK(quoll_notification_bind(N, TEST_CHILD));
    alarm_now();
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(servers[0].turns, 1);
    EXPECT_EQUAL(servers[0].word[0], 0x10);
    *rtc(RTC_CLEAR) = 1;
}

void test_interrupt(void)
{
    static const struct test tests[] = {
        TEST(interrupt_create),  TEST(interrupt_bind_errors), TEST(interrupt_level),
        TEST(interrupt_unbound), TEST(interrupt_destroyed),   TEST(interrupt_wakes_server),
    };

    TEST_RUN(tests);
}
