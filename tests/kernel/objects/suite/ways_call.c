/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * portal_call both ways: everything that a capability, a portal, a server and a chain of calls can be.
 */
#include "ways.h"

enum { X = SERVER_FREE, Y };
enum { NO_SUCH_INDEX = 999, LOW = 10, MIDDLE = 30, HIGH = 50 };

/* Indices beyond the list, whose distance in bytes comes round to that of the portal, must not be taken for it. */
static void scenario_call_bad_capability(void)
{
    static const uint64_t indices[] = {
        0,
        NO_SUCH_INDEX,
        QUOLL_CAPABILITIES_MAX,
        QUOLL_CAPABILITIES_MAX + 1,
        SERVER_PORTAL | UINT64_C(1) << 32,
        SERVER_PORTAL | UINT64_C(1) << 61,
        SERVER_PORTAL | UINT64_C(7) << 61,
        UINT64_MAX,
    };

    actor_serve(0, LOW, true, 1);
    actor_make(1, LOW, false);
    for (unsigned i = 0; i < sizeof(indices) / sizeof(indices[0]); i++)
        actor_call(1, indices[i]);
    actor_call(1, SERVER_PORTAL);
    actor_run(1);
    for (unsigned i = 0; i < sizeof(indices) / sizeof(indices[0]); i++)
        EXPECT_WORDS(1, i, 1, i, QUOLL_BAD_CAPABILITY);
    EXPECT_WORDS(1, 8, 0, 1, QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

/* No call has the number 0. */
static void scenario_call_null(void)
{
    actor_make(1, LOW, false);
    actor_step(1, call_way, SERVER_PORTAL);
    actor_run(1);
    EXPECT_WORDS(1, 0, 1, 0, QUOLL_BAD_CALL);
    NOTE_ACTOR(1);
}

static void scenario_call_bad_type(void)
{
    static const uint32_t indices[] = {TEST_CHILD,      TEST_CHILD_BUDGET + 1, TEST_POOL,      TEST_FAULTS,
                                       BOOT_CAP_DOMAIN, BOOT_CAP_INTERRUPTS,   BOOT_CAP_DEVICE};

    actor_serve(0, LOW, true, 1);
    actor_make(1, LOW, false);
    for (unsigned i = 0; i < sizeof(indices) / sizeof(indices[0]); i++)
        actor_call(1, indices[i]);
    actor_run(1);
    for (unsigned i = 0; i < sizeof(indices) / sizeof(indices[0]); i++)
        EXPECT_WORDS(1, i, 1, i, QUOLL_BAD_TYPE);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

static void scenario_call_no_right(void)
{
    actor_serve(0, LOW, true, 1);
    EXPECT_EQUAL(test_copy(X, SERVER_PORTAL, QUOLL_RIGHTS_ALL & ~QUOLL_RIGHT_CALL, 1), QUOLL_OK);
    EXPECT_EQUAL(test_copy(Y, SERVER_PORTAL, QUOLL_RIGHT_CALL, 1), QUOLL_OK);
    actor_make(1, LOW, false);
    actor_call(1, X);
    actor_call(1, Y);
    actor_run(1);
    EXPECT_WORDS(1, 0, 1, 0, QUOLL_NO_RIGHT);
    EXPECT_WORDS(1, 1, 0, 1, QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

static void scenario_call_dying_portal(void)
{
    actor_serve(0, LOW, true, 1);
    actor_make(1, LOW, false);
    actor_call(1, SERVER_PORTAL);
    destroy_half(SERVER_PORTAL);
    actor_run(1);
    EXPECT_WORDS(1, 0, 1, 0, QUOLL_BAD_CAPABILITY);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
    destroy_rest();
}

static void scenario_call_dying_server(void)
{
    actor_serve(0, LOW, true, 1);
    actor_make(1, LOW, false);
    actor_call(1, SERVER_PORTAL);
    destroy_half(TEST_CHILD);
    actor_run(1);
    NOTE_ACTOR(1);
    EXPECT_WORDS(1, 0, 1, 0, QUOLL_PEER_DEAD);
    destroy_rest();
}

static void scenario_call_server_gone(void)
{
    actor_serve(0, LOW, true, 1);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD));
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_WORDS(1, 0, 1, 0, QUOLL_PEER_DEAD);
    NOTE_ACTOR(1);
}

static void scenario_call_server_new(void)
{
    actor_make(0, LOW, true);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL, TEST_CHILD, 1));
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_WORDS(1, 0, 1, 0, QUOLL_PEER_DEAD);
    NOTE_ACTOR(1);
}

/* Suspended while it waits: the call is queued, and taken when it is resumed. */
static void scenario_call_server_suspended(void)
{
    actor_serve(0, LOW, true, 1);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_QUEUED);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD));
    test_sleep(TICKS_MS);
    EXPECT_WORDS(1, 0, 0, 1, QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

static void scenario_call_server_faulted(void)
{
    actor_make(0, LOW, false);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL, TEST_CHILD, 1));
    actor_touch(0, trap_load, TEST_UNMAPPED);
    actor_run(0);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_FAULTED);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_WORDS(1, 0, 1, 0, QUOLL_PEER_DEAD);
    NOTE_ACTOR(1);
}

/* At something else, and ready but not at its reply_wait: queued. */
static void scenario_call_server_busy(void)
{
    actor_serve_begin(0, LOW, false);
    actor_hold(0);
    actor_reply(0);
    actor_reply(0);
    actor_serve_end(0);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    actor_client(2, LOW, SERVER_PORTAL);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_QUEUED);
    NOTE_ACTOR(1);
    NOTE_ACTOR(2);
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    test_sleep(TICKS_MS);
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    EXPECT_WORDS(2, 0, 0, 3, QUOLL_OK);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

/* A server's deadline is over once it is called. */
static void scenario_call_server_with_deadline(void)
{
    actor_make(0, LOW, false);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_GATE));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL, TEST_CHILD, 1));
    actor_step(0, QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY | QUOLL_FLAG_DEADLINE, 0)->x[12] =
        test_ticks() + 3 * TICKS_MS;
    actor_hold(0);
    actor_reply(0);
    actor_run(0);
    actor_client(1, LOW, SERVER_PORTAL);
    EXPECT_WORDS(0, 0, 1, 0, MESSAGE(1));
    test_sleep(5 * TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    test_sleep(5 * TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_WAITING);
    EXPECT_WORDS(1, 0, 0, 2, QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

/* It answered nobody, which it is told with what comes next, and not again. */
static void scenario_call_server_had_no_caller(void)
{
    actor_make(0, LOW, false);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL, TEST_CHILD, 1));
    for (unsigned i = 0; i < 3; i++)
        actor_reply(0);
    actor_run(0);
    actor_client(1, LOW, SERVER_PORTAL);
    actor_client(2, LOW, SERVER_PORTAL);
    EXPECT_WORDS(0, 0, 1, 0, MESSAGE(1) | QUOLL_X8_NO_CALLER);
    EXPECT_WORDS(0, 1, 2, 0, MESSAGE(1));
    EXPECT_WORDS(1, 0, 0, 1, QUOLL_OK);
    EXPECT_WORDS(2, 0, 0, 2, QUOLL_OK);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

/* Bound while it waits to a notification with flags already there. */
static void scenario_call_server_with_flags(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_BOUND));
    actor_serve(0, LOW, false, 4);
    EXPECT_OK(quoll_notification_signal(SERVER_BOUND, 4));
    NOTE(quoll_notification_bind(SERVER_BOUND, TEST_CHILD).error);
    actor_client(1, LOW, SERVER_PORTAL);
    actor_client(2, LOW, SERVER_PORTAL);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

static void scenario_call_labels(void)
{
    actor_serve(0, LOW, true, 3);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, X, TEST_CHILD, 0));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, Y, TEST_CHILD, QUOLL_LABEL_MAX));
    actor_make(1, LOW, false);
    actor_call(1, X);
    actor_call(1, Y);
    actor_call(1, SERVER_PORTAL);
    actor_run(1);
    EXPECT_WORDS(0, 0, 1, 0, MESSAGE(0));
    EXPECT_WORDS(0, 1, 1, 1, MESSAGE(QUOLL_LABEL_MAX));
    EXPECT_WORDS(0, 2, 1, 2, MESSAGE(1));
    for (unsigned i = 0; i < 3; i++)
        EXPECT_WORDS(1, i, 0, i + 1, QUOLL_OK);
    NOTE_ACTOR(0);
    NOTE_ACTOR(1);
}

/* Who holds, who is far: a chain of `links` calls, the last server with one call more. */
static void chain(unsigned links, bool passive, bool last_passive)
{
    for (unsigned n = 1; n <= links + 1; n++) {
        actor_serve_begin(n, LOW, n > links ? last_passive : passive);
        if (n == links && links > 1)
            actor_hold(n);
        if (n <= links)
            actor_call(n, SERVER_PORTAL + n + 1);
        actor_reply(n);
        actor_serve_end(n);
    }
    actor_client(0, LOW, SERVER_PORTAL + 1);
    for (unsigned n = 0; n <= links + 1; n++)
        NOTE_ACTOR(n);
    if (links > 1)
        EXPECT_OK(quoll_notification_signal(SERVER_GATE + links, 1));
    test_sleep(2 * TICKS_MS);
    for (unsigned n = 0; n <= links + 1; n++)
        NOTE_ACTOR(n);
    EXPECT_EQUAL(actor_done(0), 1);
    EXPECT_EQUAL(actor_after(0, 0)->x[8], QUOLL_OK);
    EXPECT_EQUAL(actor_after(links, links > 1 ? 2 : 1)->x[8], links >= 8 ? QUOLL_TOO_DEEP : QUOLL_OK);
}

static void scenario_call_chain_owners(void)
{
    chain(3, false, false);
}

static void scenario_call_chain_passive(void)
{
    chain(3, true, true);
}

/* A passive caller and a server with a budget. */
static void scenario_call_chain_passive_then_owner(void)
{
    chain(1, true, false);
}

static void scenario_call_chain_seven(void)
{
    chain(7, true, true);
}

static void scenario_call_chain_too_deep(void)
{
    chain(8, true, true);
}

static void scenario_call_chain_too_deep_owners(void)
{
    chain(8, false, false);
}

/* After a chain its servers are as near to their callers as ever: once more, from the other end. */
static void scenario_call_depth_is_forgotten(void)
{
    for (unsigned n = 1; n <= 8; n++) {
        actor_serve_begin(n, LOW, true);
        for (unsigned turn = 0; turn < 2; turn++) {
            if (n < 8)
                actor_call(n, SERVER_PORTAL + n + 1);
            actor_reply(n);
        }
        actor_reply(n);
        actor_serve_end(n);
    }
    actor_client(0, LOW, SERVER_PORTAL + 1);
    actor_client(9, LOW, SERVER_PORTAL + 1);
    actor_client(10, LOW, SERVER_PORTAL + 8);
    for (unsigned n = 0; n <= 10; n++)
        NOTE_ACTOR(n);
    EXPECT_WORDS(0, 0, 1, 2, QUOLL_OK);
    EXPECT_WORDS(9, 0, 1, 4, QUOLL_OK);
    EXPECT_WORDS(10, 0, 8, 3, QUOLL_OK);
}

/* The last of the longest chain, woken by flags later, begins a chain of its own. */
static void scenario_call_depth_after_flags(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_BOUND));
    for (unsigned n = 1; n <= 8; n++) {
        actor_serve_begin(n, LOW, n < 8);
        if (n < 8)
            actor_call(n, SERVER_PORTAL + n + 1);
        actor_reply(n);
        if (n == 8)
            actor_call(n, SERVER_PORTAL + 9);
        actor_serve_end(n);
    }
    actor_serve(9, LOW, true, 1);
    EXPECT_OK(quoll_notification_bind(SERVER_BOUND, TEST_CHILD + 8));
    actor_client(0, LOW, SERVER_PORTAL + 1);
    EXPECT_WORDS(0, 0, 1, 2, QUOLL_OK);
    EXPECT_OK(quoll_notification_signal(SERVER_BOUND, 1));
    test_sleep(TICKS_MS);
    EXPECT_WORDS(8, 2, 9, 1, QUOLL_OK);
    for (unsigned n = 0; n <= 9; n++)
        NOTE_ACTOR(n);
}

/* To itself, and to who waits for it. */
static void scenario_call_deadlock(void)
{
    actor_serve_begin(0, LOW, true);
    actor_call(0, SERVER_PORTAL);
    actor_call(0, SERVER_PORTAL + 1);
    actor_reply(0);
    actor_serve_end(0);
    actor_serve_begin(1, LOW, true);
    actor_call(1, SERVER_PORTAL);
    actor_reply(1);
    actor_serve_end(1);
    actor_client(2, LOW, SERVER_PORTAL);
    EXPECT_WORDS(0, 1, 0, 1, QUOLL_DEADLOCK);
    EXPECT_WORDS(1, 1, 1, 1, QUOLL_DEADLOCK);
    EXPECT_WORDS(0, 2, 1, 2, QUOLL_OK);
    EXPECT_WORDS(2, 0, 0, 3, QUOLL_OK);
    for (unsigned n = 0; n < 3; n++)
        NOTE_ACTOR(n);
}

BOTH_WAYS(call_bad_capability)
BOTH_WAYS(call_null)
BOTH_WAYS(call_bad_type)
BOTH_WAYS(call_no_right)
BOTH_WAYS(call_dying_portal)
BOTH_WAYS(call_dying_server)
BOTH_WAYS(call_server_gone)
BOTH_WAYS(call_server_new)
BOTH_WAYS(call_server_suspended)
BOTH_WAYS(call_server_faulted)
BOTH_WAYS(call_server_busy)
BOTH_WAYS(call_server_with_deadline)
BOTH_WAYS(call_server_had_no_caller)
BOTH_WAYS(call_server_with_flags)
BOTH_WAYS(call_labels)
BOTH_WAYS(call_chain_owners)
BOTH_WAYS(call_chain_passive)
BOTH_WAYS(call_chain_passive_then_owner)
BOTH_WAYS(call_chain_seven)
BOTH_WAYS(call_chain_too_deep)
BOTH_WAYS(call_chain_too_deep_owners)
BOTH_WAYS(call_depth_is_forgotten)
BOTH_WAYS(call_depth_after_flags)
BOTH_WAYS(call_deadlock)

void test_ways_call(void)
{
    static const struct test tests[] = {
        TEST(ways_call_bad_capability),
        TEST(ways_call_null),
        TEST(ways_call_bad_type),
        TEST(ways_call_no_right),
        TEST(ways_call_dying_portal),
        TEST(ways_call_dying_server),
        TEST(ways_call_server_gone),
        TEST(ways_call_server_new),
        TEST(ways_call_server_suspended),
        TEST(ways_call_server_faulted),
        TEST(ways_call_server_busy),
        TEST(ways_call_server_with_deadline),
        TEST(ways_call_server_had_no_caller),
        TEST(ways_call_server_with_flags),
        TEST(ways_call_labels),
        TEST(ways_call_chain_owners),
        TEST(ways_call_chain_passive),
        TEST(ways_call_chain_passive_then_owner),
        TEST(ways_call_chain_seven),
        TEST(ways_call_chain_too_deep),
        TEST(ways_call_chain_too_deep_owners),
        TEST(ways_call_depth_is_forgotten),
        TEST(ways_call_depth_after_flags),
        TEST(ways_call_deadlock),
    };

    TEST_RUN(tests);
}
