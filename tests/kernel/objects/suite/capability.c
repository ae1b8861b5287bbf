/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Capability lists: what copies may be, and what goes with what.
 */
#include "server.h"

enum { A = SERVER_FREE, B, C, D, THREAD, PORTAL, LATE, MANY = 200, DEEPEST = MANY + 254, MANY_COUNT = 800 };

static struct quoll_result inspect(uint32_t index)
{
    return quoll_domain_inspect(BOOT_CAP_DOMAIN, index);
}

static void capability_inspect(void)
{
    EXPECT_EQUAL(inspect(A).error, QUOLL_OK);
    EXPECT_EQUAL(inspect(A).word[0], QUOLL_TYPE_NONE);
    EXPECT_ERROR(inspect(0), BAD_CAPABILITY);
    EXPECT_ERROR(inspect(QUOLL_CAPABILITIES_MAX), BAD_CAPABILITY);
    EXPECT_EQUAL(inspect(TEST_POOL).word[0], QUOLL_TYPE_POOL);
    EXPECT_EQUAL(inspect(TEST_POOL).word[1], QUOLL_RIGHTS_ALL);
    EXPECT_EQUAL(inspect(BOOT_CAP_PLAN).word[1], QUOLL_RIGHTS_ALL & ~(unsigned)QUOLL_RIGHT_WRITE);
}

static void capability_copy_rights(void)
{
    EXPECT_EQUAL(test_copy(A, TEST_POOL, QUOLL_RIGHT_READ | QUOLL_RIGHT_CREATE, 0), QUOLL_OK);
    EXPECT_EQUAL(inspect(A).word[1], QUOLL_RIGHT_READ | QUOLL_RIGHT_CREATE);
    EXPECT_EQUAL(test_copy(B, A, QUOLL_RIGHTS_ALL, 0), QUOLL_OK); /* never more than the source has */
    EXPECT_EQUAL(inspect(B).word[1], QUOLL_RIGHT_READ | QUOLL_RIGHT_CREATE);
    EXPECT_EQUAL(test_copy(C, A, 0, 0), QUOLL_OK);
    EXPECT_EQUAL(inspect(C).word[1], 0);
    EXPECT_ERROR(quoll_pool_status(C), NO_RIGHT);
    EXPECT_EQUAL(test_delete(A), QUOLL_OK); /* with all that came from it */
    EXPECT_EQUAL(test_type(B), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(test_type(C), QUOLL_TYPE_NONE);
}

static void capability_copy_errors(void)
{
    EXPECT_EQUAL(test_copy(A, A, 0, 0), QUOLL_BAD_CAPABILITY); /* empty source */
    EXPECT_EQUAL(test_copy(A, 0, 0, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(test_copy(A, QUOLL_CAPABILITIES_MAX, 0, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(test_copy(0, TEST_POOL, 0, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(test_copy(QUOLL_CAPABILITIES_MAX, TEST_POOL, 0, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_EQUAL(test_copy(TEST_POOL, TEST_POOL, 0, 0), QUOLL_SLOT_TAKEN);
    EXPECT_EQUAL(test_copy(A, TEST_POOL, QUOLL_RIGHTS_ALL + 1, 0), QUOLL_BAD_ARGUMENT);
    EXPECT_EQUAL(test_copy(A, TEST_POOL, QUOLL_RIGHTS_ALL, 1), QUOLL_BAD_ARGUMENT); /* pools have no label */
    EXPECT_ERROR(quoll_domain_delete(BOOT_CAP_DOMAIN, A), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_domain_delete(BOOT_CAP_DOMAIN, 0), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_domain_revoke(BOOT_CAP_DOMAIN, A), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_domain_revoke(BOOT_CAP_DOMAIN, UINT64_MAX), BAD_CAPABILITY);
    EXPECT_EQUAL(test_type(A), QUOLL_TYPE_NONE);
}

static void capability_labels(void)
{
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, THREAD, BOOT_CAP_DOMAIN, 0, 1));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, PORTAL, THREAD, 5));
    EXPECT_EQUAL(test_copy(A, PORTAL, QUOLL_RIGHT_CALL, QUOLL_LABEL_MAX + 1), QUOLL_BAD_ARGUMENT);
    EXPECT_EQUAL(test_copy(A, PORTAL, QUOLL_RIGHT_CALL, QUOLL_LABEL_MAX), QUOLL_OK);
    EXPECT_EQUAL(QUOLL_X8_LABEL(inspect(A).word[2]), QUOLL_LABEL_MAX);
    EXPECT_EQUAL(test_copy(B, A, QUOLL_RIGHT_CALL, 6), QUOLL_NO_RIGHT); /* no MINT */
    EXPECT_EQUAL(test_copy(B, A, QUOLL_RIGHT_CALL, 0), QUOLL_OK);
    EXPECT_EQUAL(QUOLL_X8_LABEL(inspect(B).word[2]), QUOLL_LABEL_MAX);
}

/* The tree of copies, of which a part goes: A -> B -> C, A -> D. */
static void capability_revoke(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, A));
    EXPECT_EQUAL(test_copy(B, A, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_EQUAL(test_copy(C, B, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_EQUAL(test_copy(D, A, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, B));
    EXPECT_EQUAL(test_type(B), QUOLL_TYPE_NOTIFICATION);
    EXPECT_EQUAL(test_type(C), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(test_type(D), QUOLL_TYPE_NOTIFICATION);
    EXPECT_EQUAL(test_copy(C, B, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, A));
    EXPECT_EQUAL(test_type(A), QUOLL_TYPE_NOTIFICATION);
    EXPECT_EQUAL(test_type(B), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(test_type(C), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(test_type(D), QUOLL_TYPE_NONE);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, A)); /* nothing left */
    /* Destroying the object empties every index that names it, from whichever it is asked. */
    EXPECT_EQUAL(test_copy(B, A, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_EQUAL(test_copy(C, B, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_OK(quoll_any_destroy(B));
    for (uint32_t i = A; i <= C; i++)
        EXPECT_EQUAL(test_type(i), QUOLL_TYPE_NONE);
}

static void capability_revoke_many(void)
{
    unsigned left = 0;

    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, A));
    for (uint32_t i = 0; i < MANY_COUNT; i++)
        if (test_copy(MANY + i, i % 3 == 0 ? A : MANY + i - 1, QUOLL_RIGHTS_ALL, 0) != QUOLL_OK)
            left++;
    EXPECT_EQUAL(left, 0);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, A));
    for (uint32_t i = 0; i < MANY_COUNT; i++)
        left += test_type(MANY + i) != QUOLL_TYPE_NONE;
    EXPECT_EQUAL(left, 0);
}

/* 255 copies of copies, of every kind of reference. */
static void capability_too_deep(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, A));
    EXPECT_EQUAL(test_copy(MANY, A, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    for (uint32_t i = MANY; i < DEEPEST; i++)
        EXPECT_EQUAL(test_copy(i + 1, i, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_EQUAL(test_copy(B, DEEPEST, QUOLL_RIGHTS_ALL, 0), QUOLL_TOO_DEEP);
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, THREAD, BOOT_CAP_DOMAIN, 0, 1));
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, D, BOOT_CAP_BUDGET, 1000, 100000, 2));
    EXPECT_OK(quoll_pool_create_interrupt(TEST_POOL, C, BOOT_CAP_INTERRUPTS, 45));
    EXPECT_ERROR(quoll_thread_set_supervisor(THREAD, DEEPEST, 1, 0), TOO_DEEP);
    EXPECT_ERROR(quoll_notification_bind(DEEPEST, BOOT_CAP_THREAD), TOO_DEEP);
    EXPECT_ERROR(quoll_budget_report(D, DEEPEST, 1), TOO_DEEP);
    EXPECT_ERROR(quoll_interrupt_bind(C, DEEPEST, 1, QUOLL_TRIGGER_LEVEL), TOO_DEEP);
    EXPECT_OK(quoll_notification_signal(DEEPEST, 1)); /* it works all the same */
    EXPECT_EQUAL(test_delete(MANY), QUOLL_OK);
    EXPECT_EQUAL(test_type(DEEPEST), QUOLL_TYPE_NONE);
}

static void copy_deep(uint32_t source)
{
    EXPECT_EQUAL(test_copy(MANY, source, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    for (uint32_t i = MANY; i < DEEPEST; i++)
        EXPECT_EQUAL(test_copy(i + 1, i, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
}

/* The same for budgets, threads, portals and the memory of a vCPU. */
static void capability_too_deep_others(void)
{
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, THREAD, BOOT_CAP_DOMAIN, 0, 1));
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, D, BOOT_CAP_BUDGET, 1000, 100000, 2));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, PORTAL, THREAD, 5));
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, B, QUOLL_DOMAIN_VM, 4));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, C, test_ram, test_ram_offset, TEST_PAGE));
    copy_deep(D);
    EXPECT_ERROR(quoll_thread_set_budget(THREAD, DEEPEST), TOO_DEEP);
    EXPECT_ERROR(quoll_pool_create_budget(TEST_POOL, A, DEEPEST, 100, 100000, 2), TOO_DEEP);
    EXPECT_EQUAL(test_delete(MANY), QUOLL_OK);
    copy_deep(THREAD);
    EXPECT_ERROR(quoll_pool_create_portal(TEST_POOL, A, DEEPEST, 1), TOO_DEEP);
    EXPECT_EQUAL(test_delete(MANY), QUOLL_OK);
    copy_deep(PORTAL);
    EXPECT_ERROR(quoll_domain_page(BOOT_CAP_DOMAIN, DEEPEST, TEST_WINDOW, TEST_PAGE), TOO_DEEP);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, A, B, C, DEEPEST, 0, 1), TOO_DEEP);
    EXPECT_EQUAL(test_delete(MANY), QUOLL_OK);
    copy_deep(C);
    EXPECT_ERROR(quoll_pool_create_vcpu(TEST_POOL, A, B, DEEPEST, PORTAL, 0, 1), TOO_DEEP);
    EXPECT_EQUAL(test_delete(MANY), QUOLL_OK);
}

/* A call through such a capability is made, but cannot be queued; what is sent from there is left out. */
static void capability_too_deep_to_queue(void)
{
    struct quoll_message message = {.word = {OP_ECHO}};

    server_start(0, 10, true);
    copy_deep(SERVER_PORTAL);
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK);
    EXPECT_EQUAL(quoll_call(DEEPEST, &message), QUOLL_OK);
    caller_start(1, 20, 0, OP_HOLD, 0);
    EXPECT_EQUAL(quoll_call(DEEPEST, &message), QUOLL_TOO_DEEP);
    EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
    EXPECT_EQUAL(caller_error(1), QUOLL_OK);
    EXPECT_EQUAL(server_call(0, OP_RECEIVE, LATE, 0).error, QUOLL_OK);
    message = (struct quoll_message){.word = {OP_ECHO}};
    EXPECT_EQUAL(quoll_call_send(SERVER_PORTAL, &message, DEEPEST, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    EXPECT_EQUAL(servers[0].x8[4] & QUOLL_X8_CAPABILITY, 0);
    EXPECT_EQUAL(test_type(LATE), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(test_delete(MANY), QUOLL_OK);
}

/* Into and out of another domain's list, which takes with it what came from there. */
static void capability_other_domain(void)
{
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, A, QUOLL_DOMAIN_NATIVE, 8));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, B));
    EXPECT_OK(quoll_domain_copy(A, 7, B, QUOLL_RIGHT_SIGNAL, 0));
    EXPECT_ERROR(quoll_domain_copy(A, 7, B, QUOLL_RIGHT_SIGNAL, 0), SLOT_TAKEN);
    EXPECT_ERROR(quoll_domain_copy(A, 8, B, QUOLL_RIGHT_SIGNAL, 0), BAD_CAPABILITY);
    EXPECT_EQUAL(quoll_domain_inspect(A, 7).word[0], QUOLL_TYPE_NOTIFICATION);
    EXPECT_EQUAL(quoll_domain_inspect(A, 7).word[1], QUOLL_RIGHT_SIGNAL);
    EXPECT_ERROR(quoll_domain_inspect(A, 8), BAD_CAPABILITY);
    EXPECT_OK(quoll_domain_delete(A, 7));
    EXPECT_EQUAL(test_type(B), QUOLL_TYPE_NOTIFICATION);
    EXPECT_OK(quoll_domain_copy(A, 7, B, QUOLL_RIGHT_SIGNAL, 0));
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, B));
    EXPECT_EQUAL(quoll_domain_inspect(A, 7).word[0], QUOLL_TYPE_NONE);
    EXPECT_OK(quoll_domain_copy(A, 7, B, QUOLL_RIGHT_SIGNAL, 0));
    EXPECT_OK(quoll_any_destroy(A));
    EXPECT_EQUAL(test_type(B), QUOLL_TYPE_NOTIFICATION);
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, B)); /* the tree is sound */
    EXPECT_OK(quoll_any_destroy(B));
}

void test_capability(void)
{
    static const struct test tests[] = {
        TEST(capability_inspect),      TEST(capability_copy_rights),     TEST(capability_copy_errors),
        TEST(capability_labels),       TEST(capability_revoke),          TEST(capability_revoke_many),
        TEST(capability_too_deep),     TEST(capability_too_deep_others), TEST(capability_too_deep_to_queue),
        TEST(capability_other_domain),
    };

    TEST_RUN(tests);
}
