/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls in flight: each row of the table of what becomes of them. Mostly: caller 1 is being served (its server holds
 * it), 2 and 3 are queued behind it.
 */
#include "server.h"

enum { X = SERVER_FREE, Y };

static void serve_one_queue_two(bool passive)
{
    server_start(0, 10, passive);
    caller_start(1, 20, 0, OP_HOLD, 0);
    caller_start(2, 20, 0, OP_ECHO, 0);
    caller_start(3, 20, 0, OP_ECHO, 0);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_QUEUED);
    EXPECT_EQUAL(child_state(3), QUOLL_THREAD_QUEUED);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
}

static void release(void)
{
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
}

static void flight_all_served(void)
{
    serve_one_queue_two(true);
    release();
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT_EQUAL(caller_error(2), QUOLL_OK);
    EXPECT_EQUAL(caller_error(3), QUOLL_OK);
    for (unsigned turn = 0; turn < 3; turn++) {
        EXPECT_EQUAL(servers[0].word[turn], turn + 1); /* first come, first served at one priority */
        EXPECT_EQUAL(servers[0].x8[turn] & QUOLL_X8_NO_CALLER, 0);
        EXPECT_EQUAL(requests[turn + 1].word[7], turn + 2);
    }
}

static void flight_server_destroyed(void)
{
    for (unsigned passive = 0; passive < 2; passive++) {
        serve_one_queue_two(passive != 0);
        EXPECT_OK(quoll_any_destroy(TEST_CHILD));
        for (unsigned n = 1; n <= 3; n++) {
            EXPECT_EQUAL(caller_error(n), QUOLL_PEER_DEAD);
            EXPECT_OK(quoll_any_destroy(TEST_CHILD + n));
            EXPECT_OK(quoll_any_destroy(TEST_CHILD_BUDGET + n));
        }
        EXPECT_OK(quoll_any_destroy(SERVER_PORTAL));
        EXPECT_OK(quoll_any_destroy(SERVER_GATE));
        if (passive == 0)
            EXPECT_OK(quoll_any_destroy(TEST_CHILD_BUDGET));
    }
}

static void flight_server_faults(void)
{
    server_start(0, 10, true);
    caller_start(1, 20, 0, OP_HOLD, 0);
    caller_start(2, 20, 0, OP_FAULT, 0);
    caller_start(3, 20, 0, OP_ECHO, 0);
    release();
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT_EQUAL(caller_error(2), QUOLL_PEER_DEAD);
    EXPECT_EQUAL(caller_error(3), QUOLL_PEER_DEAD);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_FAULTED);
    EXPECT_OK(quoll_notification_take_fault(TEST_FAULTS));
}

/* Who called through another portal of the same server is not touched. */
static void flight_portal_destroyed(void)
{
    server_start(0, 10, true);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL + 1, TEST_CHILD, 77));
    caller_start(1, 20, 0, OP_HOLD, 0);
    caller_start(2, 20, 0, OP_ECHO, 0);
    caller_start(3, 20, 1, OP_ECHO, 0);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, X, TEST_CHILD, 78));
    EXPECT_OK(quoll_any_destroy(X));
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    EXPECT_OK(quoll_any_destroy(SERVER_PORTAL));
    EXPECT_EQUAL(caller_error(1), QUOLL_PEER_DEAD);
    EXPECT_EQUAL(caller_error(2), QUOLL_PEER_DEAD);
    EXPECT_EQUAL(child_state(3), QUOLL_THREAD_QUEUED);
    release();
    EXPECT_EQUAL(caller_error(3), QUOLL_OK);
    EXPECT_EQUAL(servers[0].turns, 2);
    EXPECT_EQUAL(servers[0].x8[1], (uint64_t)QUOLL_KIND_MESSAGE << 56 | 77); /* the lost reply is no NO_CALLER */
}

static void flight_capability_revoked(void)
{
    server_start(0, 10, true);
    EXPECT_EQUAL(test_copy(SERVER_PORTAL + 1, SERVER_PORTAL, QUOLL_RIGHT_CALL, 5), QUOLL_OK);
    caller_start(1, 20, 1, OP_HOLD, 0);
    caller_start(2, 20, 1, OP_ECHO, 0);
    caller_start(3, 20, 0, OP_ECHO, 0);
    EXPECT_EQUAL(test_delete(SERVER_PORTAL + 1), QUOLL_OK);
    EXPECT_EQUAL(caller_error(2), QUOLL_REVOKED);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    EXPECT_EQUAL(child_state(3), QUOLL_THREAD_QUEUED);
    release();
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT_EQUAL(caller_error(3), QUOLL_OK);
}

/* Revoking what they called through counts queued calls as derived from it. */
static void flight_derived_revoked(void)
{
    serve_one_queue_two(true);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, SERVER_PORTAL));
    EXPECT_EQUAL(caller_error(2), QUOLL_REVOKED);
    EXPECT_EQUAL(caller_error(3), QUOLL_REVOKED);
    release();
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
}

/* A passive server whose caller died goes on with the next caller's time, whose turn comes after. */
static void flight_caller_destroyed(void)
{
    server_start(0, 10, true);
    caller_start(1, 20, 0, OP_HOLD, 0);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 1));
    release();
    test_sleep(3 * TICKS_MS);
    EXPECT_EQUAL(servers[0].turns, 1); /* nobody's time */
    caller_start(2, 20, 0, OP_ECHO, 0);
    EXPECT_EQUAL(caller_error(2), QUOLL_OK);
    EXPECT_EQUAL(servers[0].turns, 2);
    EXPECT_EQUAL(servers[0].x8[1], (uint64_t)QUOLL_KIND_MESSAGE << 56 | 1);
    EXPECT_EQUAL(servers[0].word[1], 2);
}

/* One with a budget ends the request on its own time. */
static void flight_caller_destroyed_active(void)
{
    server_start(0, 10, false);
    caller_start(1, 20, 0, OP_HOLD, 0);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 1));
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    release();
    test_sleep(3 * TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    caller_start(2, 20, 0, OP_ECHO, 0);
    EXPECT_EQUAL(caller_error(2), QUOLL_OK);
    EXPECT_EQUAL(servers[0].x8[1], (uint64_t)QUOLL_KIND_MESSAGE << 56 | 1);
}

static void flight_queued_caller_destroyed(void)
{
    serve_one_queue_two(true);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 2));
    release();
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT_EQUAL(caller_error(3), QUOLL_OK);
    EXPECT_EQUAL(servers[0].word[1], 3);
}

static void flight_caller_started_anew(void)
{
    server_start(0, 10, false);
    caller_start(1, 20, 0, OP_HOLD, 0);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD + 1));
    requests[1].word[0] = OP_ECHO;
    EXPECT_OK(quoll_thread_set_priority(TEST_CHILD + 1, 20));
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 1));
    EXPECT_OK(quoll_any_destroy(TEST_CHILD_BUDGET + 1));
    caller_start(1, 20, 0, OP_ECHO, 0);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_QUEUED); /* the orphaned request is still held */
    release();
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT_EQUAL(servers[0].turns, 2);
}

static void flight_server_suspended(void)
{
    server_start(0, 10, true);
    caller_start(1, 20, 0, OP_HOLD, 0);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    release();
    test_sleep(3 * TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_SUSPENDED);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    caller_start(2, 20, 0, OP_ECHO, 0);
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_QUEUED);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD));
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT_EQUAL(caller_error(2), QUOLL_OK);
}

/* One that is suspended while it waits is called all the same, and serves when it goes on. */
static void flight_waiting_server_suspended(void)
{
    server_start(0, 10, false);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    caller_start(1, 20, 0, OP_ECHO, 0);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_QUEUED);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD));
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
}

/* A caller that is suspended gets its reply, and runs when it is resumed. */
static void flight_caller_suspended(void)
{
    server_start(0, 10, true);
    caller_start(1, 20, 0, OP_HOLD, 0);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD + 1));
    release();
    test_sleep(3 * TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING); /* its service went on: a client cannot stop its server */
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_SUSPENDED);
    EXPECT(!child_done(1));
    EXPECT_OK(quoll_thread_resume(TEST_CHILD + 1));
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
}

static void flight_no_caller(void)
{
    servers[0].reply_first = true;
    server_start(0, 10, false);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK);
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK);
    EXPECT_EQUAL(servers[0].x8[0], (uint64_t)QUOLL_KIND_MESSAGE << 56 | 1 | QUOLL_X8_NO_CALLER);
    EXPECT_EQUAL(servers[0].x8[1], (uint64_t)QUOLL_KIND_MESSAGE << 56 | 1);
}

/* The test's caller 1 calls server 2, which calls server 0, which holds the request. */
static void make_chain(bool passive)
{
    server_start(0, 10, passive);
    server_start(2, 10, passive);
    requests[1] = (struct request){.portal = SERVER_PORTAL + 2, .word = {OP_CALL, SERVER_PORTAL, OP_HOLD}};
    child_make(1, 20, TICKS_MS / 20, TICKS_MS);
    caller_run(1);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_CALLING);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
}

/* The middle of a chain goes: the first caller is told at once, the last server ends its request for nobody. */
static void flight_middle_destroyed(void)
{
    make_chain(false);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 2));
    EXPECT_EQUAL(caller_error(1), QUOLL_PEER_DEAD);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    release();
    test_sleep(2 * TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK);
}

/* The end of a chain goes: the middle one is told, and answers its own caller. */
static void flight_end_destroyed(void)
{
    for (unsigned passive = 0; passive < 2; passive++) {
        make_chain(passive != 0);
        EXPECT_OK(quoll_any_destroy(TEST_CHILD));
        EXPECT_EQUAL(caller_error(1), QUOLL_OK);
        EXPECT_EQUAL(requests[1].word[0], QUOLL_PEER_DEAD);
        EXPECT_EQUAL(child_state(2), QUOLL_THREAD_WAITING);
        EXPECT_OK(quoll_any_destroy(TEST_POOL));
        EXPECT_OK(quoll_pool_create_pool(BOOT_CAP_POOL, TEST_POOL, test_ram, test_ram_offset + TEST_RAM_SIZE,
                                         TEST_POOL_SIZE));
    }
}

/* The index that was to receive is filled before the reply comes; the capability that was to go has gone. */
static void flight_transfer_too_late(void)
{
    server_start(0, 10, true);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    caller_start(1, 20, 0, OP_HOLD, 0);
    requests[2] = (struct request){
        .portal = SERVER_PORTAL, .word = {OP_SEND, X, QUOLL_RIGHT_SIGNAL}, .flags = QUOLL_FLAG_RECEIVE, .x11 = Y};
    requests[3] = (struct request){.portal = SERVER_PORTAL,
                                   .word = {OP_ECHO},
                                   .flags = QUOLL_FLAG_SEND,
                                   .x10 = X | (uint64_t)QUOLL_RIGHT_SIGNAL << 32};
    for (unsigned n = 2; n <= 3; n++) {
        child_make(n, 20, TICKS_MS / 20, TICKS_MS);
        caller_run(n);
    }
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(test_copy(Y, TEST_POOL, 0, 0), QUOLL_OK);
    release();
    EXPECT_EQUAL(caller_error(2), QUOLL_OK);
    EXPECT_EQUAL(requests[2].x8, QUOLL_OK); /* without QUOLL_X8_CAPABILITY */
    EXPECT_EQUAL(test_type(Y), QUOLL_TYPE_POOL);
    EXPECT_EQUAL(caller_error(3), QUOLL_OK);
    EXPECT_EQUAL(servers[0].x8[2] & QUOLL_X8_CAPABILITY, 0);
}

/* A server that is started anew: who was served is told, who is queued is served. */
static void flight_server_started_anew(void)
{
    serve_one_queue_two(true);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    server_again(0);
    EXPECT_EQUAL(caller_error(1), QUOLL_PEER_DEAD);
    EXPECT_EQUAL(caller_error(2), QUOLL_OK);
    EXPECT_EQUAL(caller_error(3), QUOLL_OK);
}

void test_portal_flight(void)
{
    static const struct test tests[] = {
        TEST(flight_all_served),
        TEST(flight_server_destroyed),
        TEST(flight_server_faults),
        TEST(flight_portal_destroyed),
        TEST(flight_capability_revoked),
        TEST(flight_derived_revoked),
        TEST(flight_caller_destroyed),
        TEST(flight_caller_destroyed_active),
        TEST(flight_queued_caller_destroyed),
        TEST(flight_caller_started_anew),
        TEST(flight_server_suspended),
        TEST(flight_waiting_server_suspended),
        TEST(flight_caller_suspended),
        TEST(flight_no_caller),
        TEST(flight_server_started_anew),
        TEST(flight_middle_destroyed),
        TEST(flight_end_destroyed),
        TEST(flight_transfer_too_late),
    };

    TEST_RUN(tests);
}
