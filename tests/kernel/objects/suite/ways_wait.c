/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Both ways: a thread that was woken, and at once preempted another, waits again. Who runs then?
 */
#include "ways.h"

enum { BELL = SERVER_FREE, OTHER, LOW = 10, MIDDLE = 30, HIGH = 50 };

static void raise(unsigned n, uint64_t capability)
{
    actor_step(n, QUOLL_CALL_notification_signal | call_way, capability)->x[0] = 1;
}

/* Child 0, the most urgent, waits for the bell. */
static void make_woken(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, OTHER));
    actor_make(0, HIGH, false);
    EXPECT_OK(quoll_notification_bind(BELL, TEST_CHILD));
    actor_listen(0);
}

/* Back to whom it preempted, each time. */
static void scenario_wait_again(void)
{
    make_woken();
    for (unsigned i = 0; i < 8; i++)
        actor_listen(0);
    actor_run(0);
    actor_make(1, LOW, false);
    for (unsigned i = 0; i < 8; i++)
        raise(1, BELL);
    actor_run(1);
    EXPECT_EQUAL(actor_done(0), 8);
    EXPECT_EQUAL(actor_done(1), 8);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

/* Flags that came meanwhile are taken without waiting. */
static void scenario_wait_flags(void)
{
    make_woken();
    raise(0, BELL);
    actor_listen(0);
    actor_listen(0);
    actor_run(0);
    actor_make(1, LOW, false);
    raise(1, BELL);
    actor_run(1);
    EXPECT_EQUAL(actor_done(0), 3);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

/* It woke somebody who comes before the one that it preempted. */
static void scenario_wait_between(void)
{
    make_woken();
    raise(0, OTHER);
    actor_listen(0);
    actor_run(0);
    actor_make(2, MIDDLE, false);
    actor_step(2, QUOLL_CALL_notification_wait, OTHER)->x[0] = QUOLL_FOREVER;
    raise(2, BELL);
    actor_run(2);
    actor_make(1, LOW, false);
    raise(1, BELL);
    actor_run(1);
    EXPECT_EQUAL(actor_done(2), 2);
    EXPECT_EQUAL(actor_done(1), 1);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

/* Whom it preempted serves a call, on its client's time. */
static void scenario_wait_in_call(void)
{
    make_woken();
    actor_listen(0);
    actor_run(0);
    actor_serve_begin(2, MIDDLE, true);
    raise(2, BELL);
    actor_reply(2);
    actor_serve_end(2);
    actor_client(1, LOW, SERVER_PORTAL + 2);
    EXPECT_EQUAL(actor_done(0), 1);
    EXPECT_EQUAL(actor_after(1, 0)->x[8], QUOLL_OK);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

/* A caller came while it was busy: it is served, and the wait is none. */
static void scenario_wait_caller(void)
{
    make_woken();
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_GATE));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL, TEST_CHILD, 1));
    actor_hold(0);
    actor_listen(0);
    actor_reply(0);
    actor_run(0);
    actor_make(1, LOW, false);
    raise(1, BELL);
    actor_call(1, SERVER_PORTAL);
    actor_run(1);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_QUEUED);
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(actor_after(1, 1)->x[8], QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

/* The registers of FP and SIMD are one's own. */
static void scenario_wait_simd(void)
{
    make_woken();
    actor_listen(0)->simd = 3;
    actor_listen(0);
    actor_run(0);
    actor_make(1, LOW, false);
    actor_step(1, QUOLL_CALL_notification_signal | call_way, BELL)->simd = 5;
    actor_step(1, QUOLL_CALL_notification_signal | call_way, BELL)->simd = 6;
    actor_run(1);
    EXPECT_EQUAL(actor_done(0), 2);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

BOTH_WAYS(wait_again)
BOTH_WAYS(wait_flags)
BOTH_WAYS(wait_between)
BOTH_WAYS(wait_in_call)
BOTH_WAYS(wait_caller)
BOTH_WAYS(wait_simd)

void test_ways_wait(void)
{
    static const struct test tests[] = {
        TEST(ways_wait_again),   TEST(ways_wait_flags),  TEST(ways_wait_between),
        TEST(ways_wait_in_call), TEST(ways_wait_caller), TEST(ways_wait_simd),
    };

    TEST_RUN(tests);
}
