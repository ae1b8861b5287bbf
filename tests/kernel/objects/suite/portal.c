/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Portals: what calls carry and what is refused. Calls in flight are in portal_flight.c, whose time is used in
 * portal_time.c.
 */
#include "server.h"

enum { X = SERVER_FREE, Y, Z };

static void portal_create(void)
{
    child_make(0, 10, 0, 0);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, X, TEST_CHILD, QUOLL_LABEL_MAX));
    EXPECT_EQUAL(test_type(X), QUOLL_TYPE_PORTAL);
    EXPECT_EQUAL(quoll_domain_inspect(BOOT_CAP_DOMAIN, X).word[2] & QUOLL_LABEL_MAX, QUOLL_LABEL_MAX);
    EXPECT_ERROR(quoll_pool_create_portal(TEST_POOL, X, TEST_CHILD, 1), SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_portal(TEST_POOL, 0, TEST_CHILD, 1), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_portal(TEST_POOL, Y, TEST_CHILD, QUOLL_LABEL_MAX + 1), BAD_ARGUMENT);
}

static void portal_words_and_label(void)
{
    struct quoll_message message = {.word = {OP_ECHO, 11, 22, 33, 44, 55, 66, 77}};

    server_start(0, 10, true);
    EXPECT_EQUAL(quoll_call(SERVER_PORTAL, &message), QUOLL_OK);
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQUAL(message.word[i], 11 * i + 1);
    EXPECT_EQUAL(servers[0].x8[0], (uint64_t)QUOLL_KIND_MESSAGE << 56 | 1);
    /* A copy with a label of its own. */
    EXPECT_EQUAL(test_copy(X, SERVER_PORTAL, QUOLL_RIGHT_CALL, 0x123456789abc), QUOLL_OK);
    message.word[0] = OP_ECHO;
    EXPECT_EQUAL(quoll_call(X, &message), QUOLL_OK);
    EXPECT_EQUAL(QUOLL_X8_LABEL(servers[0].x8[1]), 0x123456789abc);
    EXPECT_EQUAL(test_delete(X), QUOLL_OK);
    /* One that keeps it. */
    EXPECT_EQUAL(test_copy(X, SERVER_PORTAL, QUOLL_RIGHT_CALL, 0), QUOLL_OK);
    message.word[0] = OP_ECHO;
    EXPECT_EQUAL(quoll_call(X, &message), QUOLL_OK);
    EXPECT_EQUAL(QUOLL_X8_LABEL(servers[0].x8[2]), 1);
}

static void portal_server_not_there(void)
{
    struct quoll_message message = {0};

    child_make(0, 10, 0, 0);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, X, TEST_CHILD, 1));
    EXPECT_EQUAL(quoll_call(X, &message), QUOLL_PEER_DEAD); /* never started */
    EXPECT_OK(quoll_any_destroy(TEST_CHILD));
    EXPECT_EQUAL(quoll_call(X, &message), QUOLL_PEER_DEAD);
    server_start(1, 10, false);
    EXPECT_EQUAL(server_call(1, OP_FAULT, 0, 0).error, QUOLL_PEER_DEAD);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_READ);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(server_call(1, OP_ECHO, 0, 0).error, QUOLL_PEER_DEAD);
}

static void portal_deadlock(void)
{
    struct quoll_message message = {0};

    server_start(0, 10, true);
    server_start(1, 10, false);
    message = server_call(0, OP_CALL, SERVER_PORTAL, OP_ECHO); /* itself */
    EXPECT_EQUAL(message.error, QUOLL_OK);
    EXPECT_EQUAL(message.word[0], QUOLL_DEADLOCK);
    message = (struct quoll_message){.word = {OP_CALL, SERVER_PORTAL + 1, OP_CALL, SERVER_PORTAL, OP_ECHO}};
    EXPECT_EQUAL(quoll_call(SERVER_PORTAL, &message), QUOLL_OK); /* 0 -> 1 -> 0 */
    EXPECT_EQUAL(message.word[0], QUOLL_OK);
    EXPECT_EQUAL(message.word[1], QUOLL_DEADLOCK);
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK); /* all went on */
    EXPECT_EQUAL(server_call(1, OP_ECHO, 0, 0).error, QUOLL_OK);
}

/* Server n + 1 is called by server n; the last one answers. */
static void chain_main(uint64_t n)
{
    struct quoll_trap trap = {.x9 = QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY};

    for (;;) {
        quoll_trap(&trap);
        if (trap.word[0] > n) {
            struct quoll_message on = {.word = {trap.word[0]}};

            quoll_call((uint32_t)(SERVER_PORTAL + n + 1), &on);
            trap.word[1] = on.error != QUOLL_OK ? on.error : on.word[1];
            trap.word[2] = on.error != QUOLL_OK ? n : on.word[2];
        } else {
            trap.word[1] = QUOLL_OK;
            trap.word[2] = n;
        }
        trap.x9 = QUOLL_CALL_self_reply_wait;
    }
}

/* Eight links at most: the test -> 1 -> ... -> 8. */
static void portal_too_deep(void)
{
    struct quoll_message message = {.word = {8}};

    for (unsigned n = 1; n <= 9; n++) {
        child_start_passive(n, chain_main, n, 10);
        EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL + n, TEST_CHILD + n, n));
    }
    EXPECT_EQUAL(quoll_call(SERVER_PORTAL + 1, &message), QUOLL_OK);
    EXPECT_EQUAL(message.word[1], QUOLL_OK);
    EXPECT_EQUAL(message.word[2], 8);
    message = (struct quoll_message){.word = {9}};
    EXPECT_EQUAL(quoll_call(SERVER_PORTAL + 1, &message), QUOLL_OK);
    EXPECT_EQUAL(message.word[1], QUOLL_TOO_DEEP);
    EXPECT_EQUAL(message.word[2], 8);
    message = (struct quoll_message){.word = {8}};
    EXPECT_EQUAL(quoll_call(SERVER_PORTAL + 1, &message), QUOLL_OK);
    EXPECT_EQUAL(message.word[2], 8);
}

static void portal_capability_in_call(void)
{
    struct quoll_message message = {.word = {OP_RECEIVE, Y}};

    server_start(0, 10, true);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    /* Nobody receives: refused, the message arrives without. */
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, X, QUOLL_RIGHT_SIGNAL, 0), QUOLL_OK);
    EXPECT_EQUAL(servers[0].x8[0] & QUOLL_X8_CAPABILITY, 0);
    EXPECT_EQUAL(test_type(Y), QUOLL_TYPE_NONE);
    /* Now it does. Rights are those asked for, of those there. */
    message = (struct quoll_message){.word = {OP_ECHO}};
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, X, QUOLL_RIGHT_SIGNAL, 0), QUOLL_OK);
    EXPECT_EQUAL(servers[0].x8[1] & QUOLL_X8_CAPABILITY, QUOLL_X8_CAPABILITY);
    EXPECT_EQUAL(servers[0].x8[1] & QUOLL_LABEL_MAX, 1);
    EXPECT_EQUAL(test_type(Y), QUOLL_TYPE_NOTIFICATION);
    EXPECT_EQUAL(quoll_domain_inspect(BOOT_CAP_DOMAIN, Y).word[1], QUOLL_RIGHT_SIGNAL);
    EXPECT_OK(quoll_notification_signal(Y, 1));
    EXPECT_ERROR(quoll_notification_wait(Y, 0), NO_RIGHT);
    /* The copy is derived from what was sent. */
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, X));
    EXPECT_EQUAL(test_type(Y), QUOLL_TYPE_NONE);
}

static void portal_capability_in_reply(void)
{
    struct quoll_message message = {.word = {OP_SEND, X, QUOLL_RIGHT_SIGNAL}};

    server_start(0, 10, true);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, 0, 0, 0), QUOLL_OK); /* not wanted */
    EXPECT_EQUAL(message.capability, 0);
    message = (struct quoll_message){.word = {OP_SEND, X, QUOLL_RIGHT_SIGNAL}};
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, 0, 0, Y), QUOLL_OK);
    EXPECT_EQUAL(message.capability, Y);
    EXPECT_EQUAL(quoll_domain_inspect(BOOT_CAP_DOMAIN, Y).word[1], QUOLL_RIGHT_SIGNAL);
    /* A server that sends what it has not is told so, and goes on waiting to reply. */
    message = (struct quoll_message){.word = {OP_SEND, Z, 1}};
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, 0, 0, 0), QUOLL_OK);
    EXPECT_EQUAL(servers[0].x8[3], QUOLL_BAD_CAPABILITY);
}

static void portal_call_errors(void)
{
    struct quoll_message message = {0};

    server_start(0, 10, true);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, Y, 1, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, 5000, 1, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, 0, 0, X), QUOLL_SLOT_TAKEN);
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, 0, 0, 5000), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(servers[0].turns, 0);
}

/* reply_wait as the test itself makes it. */
static uint64_t reply_wait(uint64_t flags, uint64_t x10, uint64_t x11, uint64_t x12)
{
    struct quoll_trap trap = {.x9 = QUOLL_CALL_self_reply_wait | flags, .x10 = x10, .x11 = x11, .x12 = x12};

    quoll_trap(&trap);
    return trap.x8;
}

static volatile uint64_t passive_x8;

static void passive_deadline(uint64_t unused)
{
    (void)unused;
    passive_x8 = reply_wait(QUOLL_FLAG_NO_REPLY | QUOLL_FLAG_DEADLINE, 0, 0, 1);
    reply_wait(QUOLL_FLAG_NO_REPLY, 0, 0, 0);
}

static void portal_reply_wait_errors(void)
{
    uint64_t begin = 0;

    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    EXPECT_EQUAL(reply_wait(QUOLL_FLAG_SEND, Y, 0, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(reply_wait(QUOLL_FLAG_RECEIVE, 0, X, 0), QUOLL_SLOT_TAKEN);
    EXPECT_EQUAL(reply_wait(QUOLL_FLAG_RECEIVE, 0, QUOLL_CAPABILITIES_MAX, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(reply_wait(QUOLL_FLAG_DEADLINE | QUOLL_FLAG_NO_REPLY, 0, 0, 0), QUOLL_TIMEOUT);
    EXPECT_EQUAL(reply_wait(QUOLL_FLAG_DEADLINE, 0, 0, 0), QUOLL_TIMEOUT | QUOLL_X8_NO_CALLER);
    begin = test_ticks();
    EXPECT_EQUAL(reply_wait(QUOLL_FLAG_DEADLINE, 0, 0, begin + TICKS_MS), QUOLL_TIMEOUT | QUOLL_X8_NO_CALLER);
    EXPECT(test_ticks() >= begin + TICKS_MS);
}

/* A thread without a budget would never run again when its time comes. */
static void portal_passive_deadline(void)
{
    passive_x8 = 0;
    child_start_passive(0, passive_deadline, 0, 10);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, Y, TEST_CHILD, 1));
    caller_start(2, 10, Y - SERVER_PORTAL, OP_ECHO, 0); /* lends it its time; never answered */
    EXPECT_EQUAL(passive_x8, QUOLL_NO_BUDGET);
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_CALLING);
}

void test_portal(void)
{
    static const struct test tests[] = {
        TEST(portal_create),
        TEST(portal_words_and_label),
        TEST(portal_server_not_there),
        TEST(portal_deadlock),
        TEST(portal_too_deep),
        TEST(portal_capability_in_call),
        TEST(portal_capability_in_reply),
        TEST(portal_call_errors),
        TEST(portal_reply_wait_errors),
        TEST(portal_passive_deadline),
    };

    TEST_RUN(tests);
}
