/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Both ways: notification_signal, whatever its receiver is doing.
 */
#include "ways.h"

enum { BELL = SERVER_FREE, OTHER, LOW = 10, MIDDLE = 30, HIGH = 50 };

static void raise(unsigned n, uint64_t capability, uint64_t flags)
{
    actor_step(n, QUOLL_CALL_notification_signal | call_way, capability)->x[0] = flags;
}

/* Child 0 receives what the bell tells in its reply_wait, twice; child 1 raises flags, twice. */
static void bound(uint8_t receives, uint8_t raises, bool simd)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
    actor_make(0, receives, false);
    EXPECT_OK(quoll_notification_bind(BELL, TEST_CHILD));
    actor_listen(0)->simd = simd ? 7 : 0;
    actor_listen(0);
    actor_listen(0);
    actor_run(0);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    actor_make(1, raises, false);
    raise(1, BELL, 5);
    raise(1, BELL, UINT64_C(1) << 63);
    if (simd)
        actor_step(1, QUOLL_CALL_notification_signal | call_way, OTHER)->simd = 9;
    actor_run(1);
    EXPECT_EQUAL(actor_done(1), simd ? 3 : 2);
    EXPECT_EQUAL(actor_after(1, 1)->x[8], QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

static void scenario_signal_bound(void)
{
    bound(HIGH, LOW, false);
    EXPECT_EQUAL(actor_done(0), 2);
    EXPECT_EQUAL(actor_after(0, 0)->x[8], NOTIFIED);
    EXPECT_EQUAL(actor_after(0, 0)->x[0], 5);
    EXPECT_EQUAL(actor_after(0, 1)->x[0], UINT64_C(1) << 63);
}

/* Who is not more urgent runs when the raiser is done, and finds all flags at once. */
static void scenario_signal_equal(void)
{
    bound(MIDDLE, MIDDLE, false);
    EXPECT_EQUAL(actor_done(0), 2);
}

static void scenario_signal_lower(void)
{
    bound(LOW, HIGH, false);
    EXPECT_EQUAL(actor_done(0), 2);
}

static void scenario_signal_simd(void)
{
    bound(HIGH, LOW, true);
}

static void waits(uint64_t deadline)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
    actor_make(0, HIGH, false);
    actor_step(0, QUOLL_CALL_notification_wait, BELL)->x[0] = deadline;
    actor_step(0, QUOLL_CALL_notification_wait, BELL)->x[0] = deadline;
    actor_run(0);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    actor_make(1, LOW, false);
    raise(1, BELL, 3);
    raise(1, BELL, 12);
}

static void waits_end(void)
{
    EXPECT_EQUAL(actor_done(0), 2);
    EXPECT_EQUAL(actor_after(0, 0)->x[8], QUOLL_OK);
    EXPECT_EQUAL(actor_after(0, 0)->x[0], 3);
    EXPECT_EQUAL(actor_after(0, 1)->x[0], 12);
    NOTE_ACTOR(1);
}

static void scenario_signal_waiter(void)
{
    waits(QUOLL_FOREVER);
    actor_run(1);
    waits_end();
    NOTE_ACTOR(0);
}

static void scenario_signal_deadline(void)
{
    waits(test_ticks() + 100 * TICKS_MS);
    actor_run(1);
    waits_end();
}

static void scenario_signal_suspended(void)
{
    waits(QUOLL_FOREVER);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    actor_run(1);
    NOTE_ACTOR(1);
    EXPECT_EQUAL(actor_done(0), 0);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD));
    test_sleep(TICKS_MS);
    waits_end();
    NOTE_ACTOR(0);
}

/* Nobody waits: flags gather, whether the notification is bound or not. */
static void scenario_signal_nobody(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, OTHER));
    actor_make(0, HIGH, false);
    actor_step(0, QUOLL_CALL_notification_wait, OTHER)->x[0] = QUOLL_FOREVER;
    actor_listen(0);
    EXPECT_OK(quoll_notification_bind(BELL, TEST_CHILD));
    actor_run(0);
    actor_make(1, LOW, false);
    raise(1, BELL, 1);
    raise(1, BELL, 4);
    raise(1, OTHER, 8);
    raise(1, OTHER, 16);
    actor_run(1);
    EXPECT_EQUAL(actor_done(0), 2);
    EXPECT_EQUAL(actor_after(0, 0)->x[0], 8);
    EXPECT_EQUAL(actor_after(0, 1)->x[0], 5);
    EXPECT_EQUAL(quoll_notification_wait(OTHER, 0).word[0], 16);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

/* Child 0 waits for its gate in the middle of child 1's call: it goes on, on whose time it may. */
static void scenario_signal_in_call(void)
{
    actor_serve_begin(0, MIDDLE, false);
    actor_hold(0);
    actor_reply(0);
    actor_serve_end(0);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    actor_make(2, LOW + 1, false);
    raise(2, SERVER_GATE, 1);
    actor_run(2);
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

static void scenario_signal_refused(void)
{
    static const struct {
        uint32_t rights;
        uint64_t label, flags;
        enum quoll_error answer;
    } tries[] = {
        {QUOLL_RIGHTS_ALL, 6, 1, QUOLL_BAD_ARGUMENT}, {QUOLL_RIGHTS_ALL, 6, 0, QUOLL_BAD_ARGUMENT},
        {QUOLL_RIGHTS_ALL, 6, 7, QUOLL_OK},           {QUOLL_RIGHTS_ALL & ~QUOLL_RIGHT_SIGNAL, 6, 7, QUOLL_NO_RIGHT},
        {QUOLL_RIGHT_SIGNAL, 8, 15, QUOLL_OK},
    };

    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
    actor_make(1, LOW, false);
    for (uint32_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        EXPECT_OK(quoll_domain_copy(BOOT_CAP_DOMAIN, OTHER + i, BELL, tries[i].rights, tries[i].label));
        raise(1, OTHER + i, tries[i].flags);
    }
    raise(1, TEST_POOL, 1);
    raise(1, QUOLL_CAPABILITY_NONE, 1);
    raise(1, UINT64_MAX, 1);
    raise(1, QUOLL_CAPABILITIES_MAX, 1);
    actor_run(1);
    for (unsigned i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
        EXPECT_EQUAL(actor_after(1, i)->x[8], tries[i].answer);
    EXPECT_EQUAL(quoll_notification_wait(BELL, 0).word[0], 14);
    NOTE_ACTOR(1);
}

BOTH_WAYS(signal_bound)
BOTH_WAYS(signal_equal)
BOTH_WAYS(signal_lower)
BOTH_WAYS(signal_simd)
BOTH_WAYS(signal_waiter)
BOTH_WAYS(signal_deadline)
BOTH_WAYS(signal_suspended)
BOTH_WAYS(signal_nobody)
BOTH_WAYS(signal_in_call)
BOTH_WAYS(signal_refused)

void test_ways_signal(void)
{
    static const struct test tests[] = {
        TEST(ways_signal_bound),   TEST(ways_signal_equal),    TEST(ways_signal_lower),     TEST(ways_signal_simd),
        TEST(ways_signal_waiter),  TEST(ways_signal_deadline), TEST(ways_signal_suspended), TEST(ways_signal_nobody),
        TEST(ways_signal_in_call), TEST(ways_signal_refused),
    };

    TEST_RUN(tests);
}
