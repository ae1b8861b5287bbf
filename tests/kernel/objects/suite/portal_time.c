/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls and time: on whose budget a server runs, in which order callers are served, who lends priority to whom.
 * One loop of `spin` is about 2 ns, an eighth of a tick.
 */
#include "server.h"

enum { LOOPS_A_TICK = 8 };
#define TICKS_US (TICKS_MS / 1000)

static uint64_t used(unsigned n)
{
    return quoll_budget_status(TEST_CHILD_BUDGET + n).word[2];
}

static uint64_t duration(unsigned n)
{
    return requests[n].end - requests[n].begin;
}

/* A passive server runs on the caller's budget, and so does one with a budget. */
static void time_donated(void)
{
    uint64_t own = 0;

    server_start(0, 10, false);
    own = used(0);
    caller_start_on(1, 20, 0, OP_SPIN, 2000 * LOOPS_A_TICK, TICKS_MS, 10 * TICKS_MS);
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT(used(1) >= 2000);
    EXPECT(used(1) <= 2500);
    EXPECT(used(0) - own <= 100);
    server_start(2, 10, true);
    caller_start_on(3, 20, 2, OP_SPIN, 2000 * LOOPS_A_TICK, TICKS_MS, 10 * TICKS_MS);
    EXPECT_EQUAL(caller_error(3), QUOLL_OK);
    EXPECT(used(3) >= 2000);
    EXPECT(used(3) <= 2500);
}

/* 50 us each millisecond for 200 us of service: the server stops where it is and goes on with the next period. */
static void time_ends_in_server(void)
{
    server_start(0, 10, true);
    caller_start(1, 20, 0, OP_SPIN, 200 * TICKS_US * LOOPS_A_TICK);
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT(duration(1) >= 3 * TICKS_MS);
    EXPECT(duration(1) <= 6 * TICKS_MS);
    EXPECT(quoll_budget_status(TEST_CHILD_BUDGET + 1).word[4] >= 3); /* overruns */
}

/* The next caller pays until the request of the first one is done, though the first has time again only much later. */
static void time_next_caller_helps(void)
{
    for (unsigned passive = 0; passive < 2; passive++) {
        unsigned server = 4 * passive;

        server_start(server, 10, passive != 0);
        caller_start_on(server + 1, 20, server, OP_SPIN, 200 * TICKS_US * LOOPS_A_TICK, 50 * TICKS_US, 20 * TICKS_MS);
        test_sleep(TICKS_MS);
        EXPECT_EQUAL(servers[server].turns, 1);
        EXPECT_EQUAL(child_state(server + 1), QUOLL_THREAD_CALLING);
        caller_start_on(server + 2, 15, server, OP_ECHO, 0, TICKS_MS, 20 * TICKS_MS);
        test_sleep(TICKS_MS);
        EXPECT(child_done(server + 2));
        EXPECT(duration(server + 2) <= 250 * TICKS_US);
        EXPECT(used(server + 2) >= 140 * TICKS_US);
        EXPECT_EQUAL(servers[server].word[0], server + 1);
        EXPECT_EQUAL(servers[server].word[1], server + 2);
        EXPECT_EQUAL(caller_error(server + 1), QUOLL_OK);
    }
}

/* A caller dies, or its budget does, while its server has used up its time: the server's own takes it to the end. */
static void time_owner_dies(void)
{
    for (unsigned n = 1; n <= 2; n++) {
        uint64_t own = 0;

        if (n == 1)
            server_start(0, 10, false);
        own = used(0);
        caller_start_on(n, 20, 0, OP_SPIN, 200 * TICKS_US * LOOPS_A_TICK, 50 * TICKS_US, 20 * TICKS_MS);
        test_sleep(TICKS_MS);
        EXPECT_EQUAL(child_state(0), QUOLL_THREAD_READY);
        EXPECT(used(0) - own < 20 * TICKS_US);
        EXPECT_OK(quoll_any_destroy(n == 1 ? TEST_CHILD + 1 : TEST_CHILD_BUDGET + 2));
        test_sleep(10 * TICKS_MS);
        EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
        EXPECT(used(0) - own >= 140 * TICKS_US);
    }
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_READY); /* it has its answer, and no time */
    EXPECT(!child_done(2));
}

static void time_queue_by_priority(void)
{
    static const unsigned order[] = {1, 3, 5, 4, 2};

    server_start(0, 10, true);
    caller_start(1, 20, 0, OP_HOLD, 0);
    caller_start(2, 10, 0, OP_ECHO, 0);
    caller_start(3, 30, 0, OP_ECHO, 0);
    caller_start(4, 20, 0, OP_ECHO, 0);
    caller_start(5, 30, 0, OP_ECHO, 0);
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    for (unsigned i = 0; i < 5; i++)
        EXPECT_EQUAL(caller_error(order[i]), QUOLL_OK);
    for (unsigned i = 0; i < 5; i++)
        EXPECT_EQUAL(servers[0].word[i], order[i]);
}

static volatile uint64_t counted;

static void count_for_ever(uint64_t unused)
{
    (void)unused;
    for (;;)
        counted = counted + 1;
}

/* Child n has the core for the next 5 ms when nobody above priority 30 wants it. */
static void start_middle(unsigned n)
{
    child_make(n, 30, 5 * TICKS_MS, 20 * TICKS_MS);
    child_run(n, count_for_ever, 0);
}

/* A server runs at its caller's priority, whatever its own. */
static void time_priority_lent(void)
{
    server_start(0, 10, false);
    start_middle(9);
    caller_start_on(1, 50, 0, OP_SPIN, 100 * TICKS_US * LOOPS_A_TICK, TICKS_MS, 10 * TICKS_MS);
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT(duration(1) <= 130 * TICKS_US);
    /* The same for a caller below the middle one waits for that one. */
    caller_start_on(2, 20, 0, OP_SPIN, 100 * TICKS_US * LOOPS_A_TICK, TICKS_MS, 10 * TICKS_MS);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD + 9));
    test_sleep(20 * TICKS_US);
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_CALLING);
    start_middle(8);
    EXPECT_EQUAL(caller_error(2), QUOLL_OK);
    EXPECT(duration(2) >= TICKS_MS);
}

static void time_priority_lent_along_chain(void)
{
    server_start(0, 5, false);
    server_start(3, 3, true);
    start_middle(9);
    requests[1] = (struct request){.portal = SERVER_PORTAL,
                                   .word = {OP_CALL, SERVER_PORTAL + 3, OP_SPIN, 100 * TICKS_US * LOOPS_A_TICK}};
    child_make(1, 50, TICKS_MS, 10 * TICKS_MS);
    caller_run(1);
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT_EQUAL(requests[1].word[0], QUOLL_OK);
    EXPECT_EQUAL(servers[3].turns, 1);
    EXPECT(duration(1) >= 100 * TICKS_US);
    EXPECT(duration(1) <= 130 * TICKS_US);
}

/* A server that works for a low caller is preempted; a high caller that queues behind takes it to the end. */
static void time_priority_lent_by_queue(void)
{
    test_sleep(20 * TICKS_MS); /* longer than root's period: its budget lasts for what follows */
    server_start(0, 5, true);
    caller_start_on(1, 10, 0, OP_SPIN, 300 * TICKS_US * LOOPS_A_TICK, TICKS_MS, 10 * TICKS_MS);
    test_sleep(50 * TICKS_US);
    start_middle(9);
    test_sleep(500 * TICKS_US);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    caller_start_on(3, 50, 0, OP_ECHO, 0, TICKS_MS, 10 * TICKS_MS);
    test_sleep(400 * TICKS_US);
    EXPECT(child_done(3));
    EXPECT(duration(3) <= 330 * TICKS_US);
    EXPECT(used(3) >= 200 * TICKS_US);
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
}

/* Who is queued behind a queued caller: the chain's priority moves up in the queue, too. */
static void time_priority_reorders_queue(void)
{
    server_start(0, 5, true); /* the one all want */
    server_start(1, 5, true); /* works for child 5, and calls 0 for it */
    caller_start(4, 20, 0, OP_HOLD, 0);
    requests[5] = (struct request){.portal = SERVER_PORTAL + 1, .word = {OP_CALL, SERVER_PORTAL, OP_ECHO}};
    child_make(5, 15, TICKS_MS / 20, TICKS_MS);
    caller_run(5); /* 5 -> 1 -> queue of 0, at priority 15 */
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_QUEUED);
    caller_start(6, 18, 0, OP_ECHO, 0); /* would go first */
    caller_start(7, 40, 1, OP_ECHO, 0); /* lends 40 to server 1's request */
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    EXPECT_EQUAL(caller_error(6), QUOLL_OK);
    EXPECT_EQUAL(caller_error(7), QUOLL_OK);
    EXPECT_EQUAL(caller_error(5), QUOLL_OK);
    EXPECT_EQUAL(servers[0].word[0], 4);
    EXPECT_EQUAL(servers[0].word[1], 0); /* server 1's call has no name in its last word */
    EXPECT_EQUAL(servers[0].word[2], 6);
}

/* Flags and callers take turns. */
static void time_flags_and_callers(void)
{
    server_start(0, 10, false);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_BOUND));
    EXPECT_OK(quoll_notification_bind(SERVER_BOUND, TEST_CHILD));
    caller_start(1, 20, 0, OP_HOLD, 0);
    for (unsigned n = 2; n <= 4; n++)
        caller_start(n, 20, 0, OP_ECHO, 0);
    EXPECT_OK(quoll_notification_signal(SERVER_BOUND, 2)); /* which the server raises again whenever it gets it */
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    for (unsigned n = 1; n <= 4; n++)
        EXPECT_EQUAL(caller_error(n), QUOLL_OK);
    test_sleep(TICKS_MS);
    for (unsigned turn = 1; turn <= 6; turn++)
        EXPECT_EQUAL(QUOLL_X8_KIND(servers[0].x8[turn]), turn % 2 ? QUOLL_KIND_NOTIFICATION : QUOLL_KIND_MESSAGE);
    EXPECT_EQUAL(servers[0].word[1], 2);
}

void test_portal_time(void)
{
    static const struct test tests[] = {
        TEST(time_donated),
        TEST(time_ends_in_server),
        TEST(time_next_caller_helps),
        TEST(time_owner_dies),
        TEST(time_queue_by_priority),
        TEST(time_priority_lent),
        TEST(time_priority_lent_along_chain),
        TEST(time_priority_lent_by_queue),
        TEST(time_priority_reorders_queue),
        TEST(time_flags_and_callers),
    };

    TEST_RUN(tests);
}
