/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server.h"

enum { N = SERVER_FREE, COPY, SECOND, VM, STATE, VCPU };

static void notification_create(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_EQUAL(test_type(N), QUOLL_TYPE_NOTIFICATION);
    EXPECT_EQUAL(quoll_domain_inspect(BOOT_CAP_DOMAIN, N).word[2], UINT64_MAX);
    EXPECT_ERROR(quoll_pool_create_notification(TEST_POOL, N), SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_notification(TEST_POOL, QUOLL_CAPABILITIES_MAX), BAD_CAPABILITY);
}

/* Flags come together and are cleared by being taken. */
static void notification_flags(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_OK(quoll_notification_signal(N, 0x5));
    EXPECT_OK(quoll_notification_signal(N, 0x4));
    EXPECT_OK(quoll_notification_signal(N, UINT64_C(1) << 63));
    EXPECT_EQUAL(quoll_notification_wait(N, QUOLL_FOREVER).word[0], UINT64_C(1) << 63 | 0x5);
    EXPECT_ERROR(quoll_notification_wait(N, 0), TIMEOUT);
    EXPECT_ERROR(quoll_notification_signal(N, 0), BAD_ARGUMENT);
}

/* The label of a capability is the mask of flags that its holder may raise. */
static void notification_mask(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_EQUAL(test_copy(COPY, N, QUOLL_RIGHT_SIGNAL, 0x6), QUOLL_OK);
    EXPECT_ERROR(quoll_notification_signal(COPY, 0x1), BAD_ARGUMENT);
    EXPECT_OK(quoll_notification_signal(COPY, 0x7));
    EXPECT_EQUAL(quoll_notification_wait(N, 0).word[0], 0x6);
    EXPECT_EQUAL(test_copy(SECOND, COPY, QUOLL_RIGHT_SIGNAL, 0xc), QUOLL_OK); /* masks can only shrink */
    EXPECT_OK(quoll_notification_signal(SECOND, UINT64_MAX));
    EXPECT_EQUAL(quoll_notification_wait(N, 0).word[0], 0x4);
    EXPECT_EQUAL(test_delete(SECOND), QUOLL_OK);
    EXPECT_EQUAL(test_copy(SECOND, COPY, QUOLL_RIGHT_SIGNAL, 0x8), QUOLL_BAD_ARGUMENT);
}

static void notification_deadline(void)
{
    const uint64_t ahead[] = {100, TICKS_MS, 50 * TICKS_MS};

    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_ERROR(quoll_notification_wait(N, test_ticks() - 1), TIMEOUT);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t deadline = test_ticks() + ahead[i];

        EXPECT_ERROR(quoll_notification_wait(N, deadline), TIMEOUT);
        EXPECT(test_ticks() >= deadline);
        EXPECT(test_ticks() <= deadline + 20 * TICKS_MS); /* its budget may be spent */
    }
}

static volatile uint64_t woken, woken_error, woken_flags;

static void wait_far(uint64_t deadline)
{
    struct quoll_result result = quoll_notification_wait(N, deadline);

    woken = test_ticks();
    woken_error = result.error;
    woken_flags = result.word[0];
}

/* A wait that is to end far away ends with a signal; its deadline has no effect later. */
static void notification_wakes(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    child_start(0, wait_far, QUOLL_FOREVER - 1, 10);
    child_start(1, wait_far, test_ticks() + 3 * TICKS_MS, 5);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    EXPECT(child_done(1)); /* only one waits */
    EXPECT_EQUAL(woken_error, QUOLL_BUSY);
    EXPECT_ERROR(quoll_notification_wait(N, 0), BUSY);
    EXPECT_OK(quoll_notification_signal(N, 9));
    EXPECT(child_wait(0));
    EXPECT_EQUAL(woken_error, QUOLL_OK);
    EXPECT_EQUAL(woken_flags, 9);
    child_run(1, wait_far, test_ticks() + TICKS_MS);
    EXPECT(child_wait(1));
    EXPECT_EQUAL(woken_error, QUOLL_TIMEOUT);
    EXPECT_ERROR(quoll_notification_wait(N, 0), TIMEOUT); /* nobody waits any more */
}

static void notification_destroyed(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    child_start(0, wait_far, test_ticks() + 100 * TICKS_MS, 10);
    test_sleep(TICKS_MS);
    EXPECT_OK(quoll_any_destroy(N));
    EXPECT(child_wait(0));
    EXPECT_EQUAL(woken_error, QUOLL_PEER_DEAD);
}

/* A wait goes on when the capability it was made with goes. */
static void notification_capability_deleted(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, COPY));
    EXPECT_EQUAL(test_copy(N, COPY, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    child_start(0, wait_far, QUOLL_FOREVER, 10);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(test_delete(N), QUOLL_OK);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    EXPECT_OK(quoll_notification_signal(COPY, 3));
    EXPECT(child_wait(0));
    EXPECT_EQUAL(woken_error, QUOLL_OK);
}

static void make_vcpu(void)
{
    server_start(9, 10, true);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, VM, QUOLL_DOMAIN_VM, 4));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, STATE, test_ram, test_ram_offset, TEST_PAGE));
    EXPECT_OK(quoll_pool_create_vcpu(TEST_POOL, VCPU, VM, STATE, SERVER_PORTAL + 9, 0, 5));
}

static void notification_bind_errors(void)
{
    make_vcpu();
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SECOND));
    child_make(0, 10, 0, 0);
    child_make(1, 10, TICKS_MS / 20, TICKS_MS);
    EXPECT_ERROR(quoll_notification_bind(N, TEST_CHILD), NO_BUDGET);
    EXPECT_ERROR(quoll_notification_bind(N, VCPU), BAD_ARGUMENT);
    EXPECT_OK(quoll_notification_bind(N, TEST_CHILD + 1));
    EXPECT_ERROR(quoll_notification_bind(N, BOOT_CAP_THREAD), BUSY);
    EXPECT_ERROR(quoll_notification_bind(SECOND, TEST_CHILD + 1), BUSY);
    EXPECT_ERROR(quoll_notification_wait(N, 0), BUSY); /* only the bound thread may */
    EXPECT_ERROR(quoll_notification_bind(TEST_SLEEP, TEST_CHILD + 1), BUSY);
    /* Somebody waits there. */
    child_run(1, wait_far, QUOLL_FOREVER);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_NOTIFICATION); /* as the one it is bound to */
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, N));      /* bound no more, but it waits */
    EXPECT_ERROR(quoll_notification_bind(N, BOOT_CAP_THREAD), BUSY);
    EXPECT_OK(quoll_notification_signal(N, 1));
    EXPECT(child_wait(1));
    EXPECT_OK(quoll_notification_bind(N, TEST_CHILD + 1));
    EXPECT_OK(quoll_any_destroy(N));
    EXPECT_OK(quoll_notification_bind(SECOND, TEST_CHILD + 1));
}

/* Flags that are pending when it is bound reach a server that waits already, and later ones as they come. */
static void notification_bound_server(void)
{
    server_start(0, 10, false);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    EXPECT_OK(quoll_notification_signal(N, 4));
    EXPECT_OK(quoll_notification_bind(N, TEST_CHILD));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(servers[0].turns, 1);
    EXPECT_EQUAL(servers[0].x8[0], (uint64_t)QUOLL_KIND_NOTIFICATION << 56);
    EXPECT_EQUAL(servers[0].word[0], 4);
    EXPECT_OK(quoll_notification_signal(N, 8));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(servers[0].word[1], 8);
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK);
    EXPECT_OK(quoll_any_destroy(N));
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK);
    EXPECT_EQUAL(servers[0].turns, 4);
}

static volatile uint64_t passive_error;

static void wait_before_service(uint64_t unused)
{
    struct quoll_trap trap = {.x9 = QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY};

    (void)unused;
    passive_error = quoll_notification_wait(N, QUOLL_FOREVER).error;
    quoll_trap(&trap);
}

/* A thread without a budget that serves nobody would wait for ever: it runs on somebody's time who is queued. */
static void notification_wait_without_budget(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    passive_error = 0;
    child_start_passive(0, wait_before_service, 0, 10);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL, TEST_CHILD, 1));
    caller_start(1, 10, 0, OP_ECHO, 0);
    EXPECT_EQUAL(passive_error, QUOLL_NO_BUDGET);
}

static volatile uint64_t late[CHILD_MAX];

static void wait_common(uint64_t n)
{
    uint64_t deadline = woken;

    EXPECT_ERROR(quoll_notification_wait(SECOND + 1 + (uint32_t)n, deadline), TIMEOUT);
    late[n] = test_ticks() - deadline;
}

/* More deadlines at one moment than the kernel looks at in one go: all are kept. */
static void notification_many_deadlines(void)
{
    woken = test_ticks() + 40 * TICKS_MS;
    for (unsigned n = 0; n < 14; n++) {
        EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SECOND + 1 + n));
        late[n] = ~UINT64_C(0);
        child_start(n, wait_common, n, 10);
    }
    for (unsigned n = 0; n < 14; n++) {
        EXPECT(child_wait(n));
        EXPECT(late[n] < TICKS_MS / 10);
    }
}

void test_notification(void)
{
    static const struct test tests[] = {
        TEST(notification_create),
        TEST(notification_flags),
        TEST(notification_mask),
        TEST(notification_deadline),
        TEST(notification_wakes),
        TEST(notification_destroyed),
        TEST(notification_capability_deleted),
        TEST(notification_bind_errors),
        TEST(notification_bound_server),
        TEST(notification_wait_without_budget),
        TEST(notification_many_deadlines),
    };

    TEST_RUN(tests);
}
