/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Both ways: reply_wait in every state of caller and server, what becomes of calls in flight, SIMD registers, time.
 */
#include "ways.h"

enum { X = SERVER_FREE, Y, SENT, LOW = 10, MIDDLE = 30, HIGH = 50, LOOPS_A_TICK = 8 };
#define TICKS_US (TICKS_MS / 1000)

/* Server 0 holds the call of client 1; what it does afterwards is added by steps, then in_service_begin. */
static void in_service_prepare(bool passive)
{
    actor_serve_begin(0, LOW, passive);
    actor_hold(0);
    actor_reply(0);
}

static void in_service_begin(void)
{
    actor_serve_end(0);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    EXPECT_WORDS(0, 0, 1, 0, MESSAGE(1));
}

static void in_service(bool passive)
{
    in_service_prepare(passive);
    actor_reply(0);
    actor_reply(0);
    in_service_begin();
}

static void release(void)
{
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    test_sleep(TICKS_MS / 2);
}

static void note_two(void)
{
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

static void scenario_reply_plain(void)
{
    for (unsigned passive = 0; passive < 2; passive++) {
        in_service(passive != 0);
        note_two();
        release();
        EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
        note_two();
        actor_client(2, HIGH, SERVER_PORTAL); /* and it is there for the next one */
        EXPECT_WORDS(2, 0, 0, 3, QUOLL_OK);
        EXPECT_WORDS(0, 2, 2, 0, MESSAGE(1));
        NOTE_ACTOR(0);
        NOTE_ACTOR(2);
        for (uint32_t i = TEST_CHILD; i < X; i++)
            if (test_type(i) != QUOLL_TYPE_NONE)
                EXPECT_OK(quoll_any_destroy(i));
    }
}

static void scenario_reply_caller_suspended(void)
{
    in_service(true);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD + 1));
    release();
    note_two();
    EXPECT_EQUAL(actor_done(1), 0);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD + 1));
    test_sleep(TICKS_MS);
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    note_two();
}

static void scenario_reply_caller_destroyed(void)
{
    in_service(false);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 1));
    release();
    NOTE_ACTOR(0);
    actor_client(2, LOW, SERVER_PORTAL);
    EXPECT_WORDS(2, 0, 0, 3, QUOLL_OK);
    EXPECT_WORDS(0, 2, 2, 0, MESSAGE(1)); /* an orphan's reply was dropped: that is not NO_CALLER */
    NOTE_ACTOR(0);
    NOTE_ACTOR(2);
}

/* Its reply goes to who called first, not to who begins anew. */
static void scenario_reply_caller_started_anew(void)
{
    in_service(false);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD + 1));
    actor_run(1);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_QUEUED);
    release();
    EXPECT_WORDS(1, 0, 0, 3, QUOLL_OK);
    note_two();
}

static void scenario_reply_nobody(void)
{
    in_service(false);
    release();
    NOTE_ACTOR(0);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    actor_run(0); /* from its listen on, then it holds nobody's call */
    actor_client(2, LOW, SERVER_PORTAL);
    release();
    EXPECT_WORDS(2, 0, 0, 2, QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(2);
}

static void scenario_reply_others_queued(void)
{
    in_service(true);
    actor_client(2, LOW, SERVER_PORTAL);
    actor_client(3, HIGH, SERVER_PORTAL);
    NOTE_ACTOR(2);
    NOTE_ACTOR(3);
    release();
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    EXPECT_WORDS(3, 0, 0, 3, QUOLL_OK);
    EXPECT_WORDS(2, 0, 0, 4, QUOLL_OK);
    for (unsigned n = 0; n < 4; n++)
        NOTE_ACTOR(n);
}

/* Flags are taken first, and a queued caller then, in turn: which of them was last, a short call remembers. */
static void scenario_reply_flags_pending(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_BOUND));
    in_service_prepare(false);
    actor_hold(0);
    actor_listen(0);
    actor_reply(0);
    actor_listen(0);
    in_service_begin();
    EXPECT_OK(quoll_notification_bind(SERVER_BOUND, TEST_CHILD));
    EXPECT_OK(quoll_notification_signal(SERVER_BOUND, 2));
    actor_client(2, LOW, SERVER_PORTAL);
    release();
    EXPECT_EQUAL(actor_after(0, 2)->x[8], NOTIFIED);
    EXPECT_EQUAL(actor_after(0, 2)->x[0], 2);
    EXPECT_OK(quoll_notification_signal(SERVER_BOUND, 4));
    release();
    EXPECT_WORDS(0, 4, 2, 0, MESSAGE(1));
    EXPECT_EQUAL(actor_after(0, 5)->x[8], NOTIFIED);
    EXPECT_EQUAL(actor_after(0, 5)->x[0], 4);
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    EXPECT_WORDS(2, 0, 0, 5, QUOLL_OK);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

/* A notification, then a call the way that is on trial: after that one, flags go first again. */
static void scenario_reply_flags_then_caller(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_BOUND));
    actor_serve_begin(0, LOW, false);
    actor_listen(0);
    actor_hold(0);
    actor_reply(0);
    actor_reply(0);
    actor_serve_end(0);
    EXPECT_OK(quoll_notification_bind(SERVER_BOUND, TEST_CHILD));
    EXPECT_OK(quoll_notification_signal(SERVER_BOUND, 1));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(actor_after(0, 0)->x[8], NOTIFIED);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_WORDS(0, 1, 1, 0, MESSAGE(1));
    actor_client(2, LOW, SERVER_PORTAL);
    EXPECT_OK(quoll_notification_signal(SERVER_BOUND, 2));
    release();
    EXPECT_EQUAL(actor_after(0, 3)->x[8], NOTIFIED);
    EXPECT_EQUAL(actor_after(0, 3)->x[0], 2);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

/* Replied the way that is on trial, then told of flags: that ends its wait as any. */
static void scenario_reply_then_notified(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_BOUND));
    in_service(false);
    EXPECT_OK(quoll_notification_bind(SERVER_BOUND, TEST_CHILD));
    release();
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    EXPECT_OK(quoll_notification_signal(SERVER_BOUND, 8));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(actor_after(0, 2)->x[8], NOTIFIED);
    EXPECT_EQUAL(actor_after(0, 2)->x[0], 8);
    note_two();
}

static void scenario_reply_server_suspended(void)
{
    in_service(true);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    release();
    note_two();
    EXPECT_EQUAL(actor_done(1), 0);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD));
    test_sleep(TICKS_MS);
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    note_two();
}

static void scenario_reply_server_destroyed(void)
{
    in_service(true);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(actor_after(1, 0)->x[8], QUOLL_PEER_DEAD);
    NOTE_ACTOR(1);
}

static void scenario_reply_server_faults(void)
{
    actor_serve_begin(0, LOW, true);
    actor_touch(0, trap_store, TEST_UNMAPPED);
    actor_serve_end(0);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(actor_after(1, 0)->x[8], QUOLL_PEER_DEAD);
    note_two();
}

static void scenario_reply_server_started_anew(void)
{
    in_service(false);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    actor_run(0);
    EXPECT_EQUAL(actor_after(1, 0)->x[8], QUOLL_PEER_DEAD);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    note_two();
}

static void scenario_reply_portal_destroyed(void)
{
    in_service(false);
    EXPECT_OK(quoll_any_destroy(SERVER_PORTAL));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(actor_after(1, 0)->x[8], QUOLL_PEER_DEAD);
    release();
    note_two();
}

/* Its capability goes: the call that is being served completes. */
static void scenario_reply_capability_revoked(void)
{
    in_service_prepare(true);
    actor_reply(0);
    actor_serve_end(0);
    EXPECT_EQUAL(test_copy(X, SERVER_PORTAL, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    actor_client(1, LOW, X);
    EXPECT_EQUAL(test_delete(X), QUOLL_OK);
    release();
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    note_two();
}

/* A caller that would receive a capability gets an answer without; that is over then, and so is one that was sent. */
static void scenario_reply_capabilities(void)
{
    in_service_prepare(false);
    actor_reply(0);
    actor_reply(0);
    actor_step(0, QUOLL_CALL_self_reply_wait | QUOLL_FLAG_SEND, 0)->x[10] = SERVER_GATE | (uint64_t)QUOLL_RIGHTS_ALL
                                                                                              << 32;
    actor_reply(0);
    actor_serve_end(0);
    actor_make(1, LOW, false);
    actor_step(1, QUOLL_CALL_portal_call | QUOLL_FLAG_RECEIVE, SERVER_PORTAL)->x[11] = SENT;
    actor_call(1, SERVER_PORTAL);
    actor_call(1, SERVER_PORTAL);
    actor_call(1, SERVER_PORTAL);
    actor_run(1);
    release();
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(test_type(SENT), QUOLL_TYPE_NONE);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_WORDS(1, i, 0, i + 2, QUOLL_OK);
    note_two();
}

/* An index that was offered in a wait is no longer when it ended by a call without one, neither for calls nor waits. */
static void scenario_reply_offer_is_over(void)
{
    actor_make(0, LOW, false);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_GATE));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL, TEST_CHILD, 1));
    actor_step(0, QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY | QUOLL_FLAG_RECEIVE, 0)->x[11] = SENT;
    actor_call(0, SERVER_PORTAL + 3);
    actor_reply(0);
    actor_reply(0);
    actor_run(0);
    actor_serve_begin(3, LOW, false);
    actor_step(3, QUOLL_CALL_self_reply_wait | QUOLL_FLAG_SEND, 0)->x[10] = SERVER_GATE | (uint64_t)QUOLL_RIGHTS_ALL
                                                                                              << 32;
    actor_serve_end(3);
    actor_make(1, LOW, false);
    actor_call(1, SERVER_PORTAL);
    actor_step(1, QUOLL_CALL_portal_call | QUOLL_FLAG_SEND, SERVER_PORTAL)->x[10] =
        SERVER_GATE | (uint64_t)QUOLL_RIGHTS_ALL << 32;
    actor_run(1);
    EXPECT_EQUAL(test_type(SENT), QUOLL_TYPE_NONE);
    EXPECT_WORDS(0, 1, 3, 1, QUOLL_OK);
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    EXPECT_WORDS(1, 1, 0, 3, QUOLL_OK);
    note_two();
    NOTE_ACTOR(3);
}

/* Who touches SIMD registers: bit 0 the client, bit 1 the server, bit 2 both from their second trap on only. */
static void scenario_reply_simd(void)
{
    for (unsigned users = 0; users < 8; users++) {
        unsigned server = 2 * users;
        unsigned client = server + 1;

        actor_serve_begin(server, LOW, true);
        for (unsigned i = 0; i < 4; i++)
            actor_reply(server)->simd = (users & 2) != 0 && i >= (users & 4) / 2 ? 0x1000 * (i + 1) : 0;
        actor_serve_end(server);
        actor_make(client, LOW, false);
        for (unsigned i = 0; i < 4; i++)
            actor_call(client, SERVER_PORTAL + server)->simd =
                (users & 1) != 0 && i >= (users & 4) / 4 ? 0x7000000 * (i + 1) : 0;
        actor_run(client);
        EXPECT_EQUAL(actor_done(client), 4);
        NOTE_ACTOR(server);
        NOTE_ACTOR(client);
    }
}

static uint64_t used(unsigned n)
{
    return quoll_budget_status(TEST_CHILD_BUDGET + n).word[2];
}

/* The client pays, whoever the server is. */
static void scenario_reply_charged(void)
{
    for (unsigned passive = 0; passive < 2; passive++) {
        unsigned server = 2 * passive;
        unsigned client = server + 1;
        uint64_t own = 0;

        actor_serve_begin(server, LOW, passive != 0);
        actor_reply(server);
        actor_spin(server, 2000 * LOOPS_A_TICK);
        actor_serve_end(server);
        own = passive != 0 ? 0 : used(server);
        actor_client(client, LOW, SERVER_PORTAL + server);
        test_sleep(TICKS_MS);
        EXPECT_WORDS(client, 0, server, 1, QUOLL_OK);
        EXPECT(used(client) >= 2000);
        EXPECT(used(client) <= 2600);
        if (passive == 0)
            EXPECT_EQUAL(used(server), own);
        NOTE_ACTOR(server);
        NOTE_ACTOR(client);
    }
}

/* 50 us a millisecond, and 200 us of service. */
static void scenario_reply_budget_ends(void)
{
    for (unsigned passive = 0; passive < 2; passive++) {
        unsigned server = 2 * passive;
        unsigned client = server + 1;

        actor_serve_begin(server, LOW, passive != 0);
        actor_reply(server);
        actor_spin(server, 200 * TICKS_US * LOOPS_A_TICK);
        actor_serve_end(server);
        actor_client(client, HIGH, SERVER_PORTAL + server);
        EXPECT_EQUAL(child_state(server), QUOLL_THREAD_READY);
        NOTE(child_state(client));
        test_sleep(6 * TICKS_MS);
        EXPECT_WORDS(client, 0, server, 1, QUOLL_OK);
        EXPECT(quoll_budget_status(TEST_CHILD_BUDGET + client).word[4] >= 3);
        NOTE_ACTOR(server);
        NOTE_ACTOR(client);
    }
}

/* A server runs at its caller's priority: nobody between them gets in. */
static void scenario_reply_priorities(void)
{
    static const uint8_t priorities[][2] = {{LOW, HIGH}, {HIGH, LOW}, {MIDDLE, MIDDLE}};

    for (unsigned i = 0; i < 3; i++) {
        unsigned server = 3 * i;

        actor_serve_begin(server, priorities[i][0], true);
        actor_reply(server);
        actor_spin(server, 20 * TICKS_US * LOOPS_A_TICK);
        actor_serve_end(server);
        actor_make(server + 1, priorities[i][1], false);
        actor_call(server + 1, SERVER_PORTAL + server);
        actor_make(server + 2, MIDDLE, false);
        actor_step(server + 2, QUOLL_CALL_notification_wait, TEST_SLEEP)->x[0] = 0;
        actor_spin(server + 2, 45 * TICKS_US * LOOPS_A_TICK);
        EXPECT_OK(quoll_thread_suspend(TEST_CHILD + server + 2));
        actor_run(server + 2);
        actor_run(server + 1);
        NOTE_ACTOR(server);
        NOTE_ACTOR(server + 1);
        test_sleep(TICKS_MS);
        NOTE_ACTOR(server + 2);
    }
}

/*
 * A passive server whose caller's budget is gone goes on with the time of who is queued, and calls a server that has a
 * budget; when that time goes too, the last one's own takes it to the end.
 */
static void scenario_reply_unpaid(void)
{
    in_service_prepare(true);
    actor_serve_begin(3, LOW, false);
    actor_reply(3);
    actor_spin(3, 200 * TICKS_US * LOOPS_A_TICK);
    actor_serve_end(3);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD));
    EXPECT_OK(quoll_any_destroy(SERVER_PORTAL));
    EXPECT_OK(quoll_any_destroy(SERVER_GATE));
    actor_serve_begin(0, LOW, true);
    actor_hold(0);
    actor_call(0, SERVER_PORTAL + 3);
    actor_reply(0);
    actor_serve_end(0);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD_BUDGET + 1));
    actor_client(2, LOW, SERVER_PORTAL);
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_QUEUED);
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    test_sleep(TICKS_MS / 4);
    NOTE_ACTOR(0);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_CALLING);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 2));
    test_sleep(10 * TICKS_MS);
    EXPECT_EQUAL(child_state(3), QUOLL_THREAD_WAITING);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
    NOTE_ACTOR(3);
}

/* One that has time of its own, left at an orphan's call, pays for its calls from then on. */
static void scenario_reply_on_own_time(void)
{
    actor_serve_begin(0, LOW, false);
    actor_hold(0);
    actor_call(0, SERVER_PORTAL + 3);
    actor_reply(0);
    actor_reply(0);
    actor_serve_end(0);
    actor_serve(3, LOW, true, 1);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 1));
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    test_sleep(TICKS_MS);
    EXPECT_WORDS(0, 2, 3, 1, QUOLL_OK);
    actor_client(2, LOW, SERVER_PORTAL);
    EXPECT_WORDS(2, 0, 0, 4, QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(2);
    NOTE_ACTOR(3);
}

BOTH_WAYS(reply_plain)
BOTH_WAYS(reply_caller_suspended)
BOTH_WAYS(reply_caller_destroyed)
BOTH_WAYS(reply_caller_started_anew)
BOTH_WAYS(reply_nobody)
BOTH_WAYS(reply_others_queued)
BOTH_WAYS(reply_flags_pending)
BOTH_WAYS(reply_flags_then_caller)
BOTH_WAYS(reply_then_notified)
BOTH_WAYS(reply_server_suspended)
BOTH_WAYS(reply_server_destroyed)
BOTH_WAYS(reply_server_faults)
BOTH_WAYS(reply_server_started_anew)
BOTH_WAYS(reply_portal_destroyed)
BOTH_WAYS(reply_capability_revoked)
BOTH_WAYS(reply_capabilities)
BOTH_WAYS(reply_offer_is_over)
BOTH_WAYS(reply_simd)
BOTH_WAYS(reply_charged)
BOTH_WAYS(reply_budget_ends)
BOTH_WAYS(reply_priorities)
BOTH_WAYS(reply_unpaid)
BOTH_WAYS(reply_on_own_time)

void test_ways_reply(void)
{
    static const struct test tests[] = {
        TEST(ways_reply_plain),
        TEST(ways_reply_caller_suspended),
        TEST(ways_reply_caller_destroyed),
        TEST(ways_reply_caller_started_anew),
        TEST(ways_reply_nobody),
        TEST(ways_reply_others_queued),
        TEST(ways_reply_flags_pending),
        TEST(ways_reply_flags_then_caller),
        TEST(ways_reply_then_notified),
        TEST(ways_reply_server_suspended),
        TEST(ways_reply_server_destroyed),
        TEST(ways_reply_server_faults),
        TEST(ways_reply_server_started_anew),
        TEST(ways_reply_portal_destroyed),
        TEST(ways_reply_capability_revoked),
        TEST(ways_reply_capabilities),
        TEST(ways_reply_offer_is_over),
        TEST(ways_reply_simd),
        TEST(ways_reply_charged),
        TEST(ways_reply_budget_ends),
        TEST(ways_reply_priorities),
        TEST(ways_reply_unpaid),
        TEST(ways_reply_on_own_time),
    };

    TEST_RUN(tests);
}
