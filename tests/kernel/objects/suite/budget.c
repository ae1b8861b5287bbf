/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "suite.h"

enum { B = TEST_FREE, C, D, N };

static void spin_for_ever(uint64_t unused)
{
    (void)unused;
    for (;;)
        __asm__ volatile("");
}

static void budget_create(void)
{
    struct quoll_result status = {0};

    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, B, BOOT_CAP_BUDGET, 1000, 10000, 4));
    EXPECT_EQUAL(test_type(B), QUOLL_TYPE_BUDGET);
    status = quoll_budget_status(B);
    EXPECT_EQUAL(status.word[0], 1000);
    EXPECT_EQUAL(status.word[1], 10000);
    EXPECT_EQUAL(status.word[2], 0);
    EXPECT_EQUAL(status.word[3], 1000);
    EXPECT_EQUAL(status.word[4], 0);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, B, BOOT_CAP_BUDGET, 1000, 10000, 4), SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, 0, BOOT_CAP_BUDGET, 1000, 10000, 4), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 63, 10000, 4), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 10001, 10000, 4), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 1000, UINT64_C(1) << 32, 4), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 1000, UINT64_MAX, 4), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 1000, 10000, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 1000, 10000, QUOLL_REPLENISHMENTS_MAX + 1),
                 BAD_ARGUMENT);
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 64, UINT32_MAX, QUOLL_REPLENISHMENTS_MAX));
}

/* What is given comes off the giver, and comes back; nobody gives all, or what he has not. */
static void budget_split(void)
{
    uint64_t whole = quoll_budget_status(BOOT_CAP_BUDGET).word[0];

    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, B, BOOT_CAP_BUDGET, 10000, 10000, 4), NO_BUDGET);
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, B, BOOT_CAP_BUDGET, 6000, 10000, 4));
    EXPECT_EQUAL(quoll_budget_status(BOOT_CAP_BUDGET).word[0], whole * 4 / 10);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 5000, 10000, 4), NO_BUDGET);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, C, BOOT_CAP_BUDGET, 399999, 1000000, 4), NO_BUDGET);
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, C, B, 3000, 10000, 4));
    EXPECT(quoll_budget_status(B).word[0] >= 2999); /* shares are rounded up when they are given */
    EXPECT(quoll_budget_status(B).word[0] <= 3000);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, D, B, 3000, 10000, 4), NO_BUDGET);
    EXPECT_OK(quoll_any_destroy(C));
    EXPECT_EQUAL(quoll_budget_status(B).word[0], 6000);
    /* The giver goes first: what is left of it goes back to whom it came from, the rest to the core in the end. */
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, C, B, 3000, 10000, 4));
    EXPECT_OK(quoll_any_destroy(B));
    EXPECT(quoll_budget_status(BOOT_CAP_BUDGET).word[0] >= whole * 7 / 10 - 2);
    EXPECT(quoll_budget_status(BOOT_CAP_BUDGET).word[0] <= whole * 7 / 10);
    EXPECT_EQUAL(quoll_budget_status(C).word[0], 3000);
    EXPECT_OK(quoll_any_destroy(C));
    EXPECT_EQUAL(quoll_budget_status(BOOT_CAP_BUDGET).word[0], whole);
}

/* A thread that would run for ever gets its time in each of 50 periods, and no more; within 1 %. */
static void budget_throttles(void)
{
    const uint64_t time = 3 * TICKS_MS / 10;
    static const unsigned refills[] = {1, 2, 4, 16};

    for (unsigned i = 0; i < 4; i++) {
        uint64_t begin = 0;
        uint64_t periods = 0;
        uint64_t used = 0;

        child_make(i, 10, 0, 0);
        EXPECT_OK(
            quoll_pool_create_budget(TEST_POOL, TEST_CHILD_BUDGET + i, BOOT_CAP_BUDGET, time, TICKS_MS, refills[i]));
        EXPECT_OK(quoll_thread_set_budget(TEST_CHILD + i, TEST_CHILD_BUDGET + i));
        child_run(i, spin_for_ever, 0);
        begin = test_ticks();
        test_sleep(50 * TICKS_MS);
        periods = (test_ticks() - begin) / TICKS_MS;
        used = quoll_budget_status(TEST_CHILD_BUDGET + i).word[2];
        EXPECT(used >= periods * time * 99 / 100);
        EXPECT(used <= (periods + 1) * time * 101 / 100);
        EXPECT(quoll_budget_status(TEST_CHILD_BUDGET + i).word[4] >= periods - 1); /* overruns */
        EXPECT_OK(quoll_any_destroy(TEST_CHILD + i));
        EXPECT_OK(quoll_any_destroy(TEST_CHILD_BUDGET + i));
    }
}

/* The time that one does not get is there for others, of lower priority too. */
static void budget_leaves_time(void)
{
    child_make(0, 20, TICKS_MS / 2, TICKS_MS);
    child_make(1, 10, TICKS_MS * 2 / 5, TICKS_MS);
    child_run(0, spin_for_ever, 0);
    child_run(1, spin_for_ever, 0);
    test_sleep(20 * TICKS_MS);
    EXPECT(quoll_budget_status(TEST_CHILD_BUDGET).word[2] >= 10 * TICKS_MS * 98 / 100);
    EXPECT(quoll_budget_status(TEST_CHILD_BUDGET + 1).word[2] >= 8 * TICKS_MS * 95 / 100);
}

static void wake_often(uint64_t unused)
{
    (void)unused;
    for (;;)
        quoll_notification_wait(N, test_ticks() + TICKS_MS / 20);
}

/* Many short uses in a period do not put off the rest: a thread that uses little is never throttled. */
static void budget_of_many_wakings(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    child_make(0, 10, 5 * TICKS_MS, 10 * TICKS_MS);
    child_run(0, wake_often, 0);
    test_sleep(100 * TICKS_MS);
    EXPECT_EQUAL(quoll_budget_status(TEST_CHILD_BUDGET).word[4], 0);
    EXPECT(quoll_budget_status(TEST_CHILD_BUDGET).word[2] > 1000);
}

static void budget_report(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    child_make(0, 10, TICKS_MS / 10, TICKS_MS);
    EXPECT_EQUAL(test_copy(C, N, QUOLL_RIGHT_SIGNAL, 0xc), QUOLL_OK);
    EXPECT_ERROR(quoll_budget_report(TEST_CHILD_BUDGET, N, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_budget_report(TEST_CHILD_BUDGET, C, 3), BAD_ARGUMENT);
    EXPECT_OK(quoll_budget_report(TEST_CHILD_BUDGET, C, 6));
    child_run(0, spin_for_ever, 0);
    EXPECT_EQUAL(quoll_notification_wait(N, test_ticks() + 3 * TICKS_MS).word[0], 4);
    EXPECT(quoll_budget_status(TEST_CHILD_BUDGET).word[4] >= 1);
    EXPECT_OK(quoll_budget_report(TEST_CHILD_BUDGET, N, 1)); /* to another from now on */
    quoll_notification_wait(N, 0);
    EXPECT_EQUAL(quoll_notification_wait(N, test_ticks() + 3 * TICKS_MS).word[0], 1);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, N));
    quoll_notification_wait(N, 0);
    EXPECT_ERROR(quoll_notification_wait(N, test_ticks() + 3 * TICKS_MS), TIMEOUT);
}

/* Revoking the budget takes its thread off the core; a new one brings it back. */
static void budget_revoked(void)
{
    uint64_t used = 0;

    child_make(0, 10, TICKS_MS / 10, TICKS_MS);
    child_run(0, spin_for_ever, 0);
    test_sleep(2 * TICKS_MS);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, TEST_CHILD_BUDGET));
    used = quoll_budget_status(TEST_CHILD_BUDGET).word[2];
    EXPECT(used > 0);
    test_sleep(3 * TICKS_MS);
    EXPECT_EQUAL(quoll_budget_status(TEST_CHILD_BUDGET).word[2], used);
    EXPECT_OK(quoll_thread_set_budget(TEST_CHILD, TEST_CHILD_BUDGET));
    test_sleep(3 * TICKS_MS);
    EXPECT(quoll_budget_status(TEST_CHILD_BUDGET).word[2] > used);
}

void test_budget(void)
{
    static const struct test tests[] = {
        TEST(budget_create),          TEST(budget_split),  TEST(budget_throttles), TEST(budget_leaves_time),
        TEST(budget_of_many_wakings), TEST(budget_report), TEST(budget_revoked),
    };

    TEST_RUN(tests);
}
