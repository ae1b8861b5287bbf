/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads: life, registers, and the errors of their calls. Faults are in fault.c.
 */
#include "suite.h"

enum { X = TEST_FREE, Y, Z };

void trap_registers(uint64_t x[31]);

static volatile uint64_t counter, seen_argument;

static void count_once(uint64_t argument)
{
    seen_argument = argument;
    counter = counter + 1;
}

static void count_for_ever(uint64_t unused)
{
    (void)unused;
    for (;;)
        counter = counter + 1;
}

static void wait_for_ever(uint64_t notification)
{
    quoll_notification_wait((uint32_t)notification, QUOLL_FOREVER);
    counter = counter + 1;
}

static void thread_create(void)
{
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, X, BOOT_CAP_DOMAIN, 0, 200));
    EXPECT_EQUAL(test_type(X), QUOLL_TYPE_THREAD);
    EXPECT_EQUAL(quoll_thread_status(X).word[0], QUOLL_THREAD_NEW);
    EXPECT_EQUAL(quoll_thread_status(X).word[1], 200);
    EXPECT_EQUAL(quoll_thread_status(X).word[2], 0);
    EXPECT_ERROR(quoll_pool_create_thread(TEST_POOL, X, BOOT_CAP_DOMAIN, 0, 1), SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_thread(TEST_POOL, 0, BOOT_CAP_DOMAIN, 0, 1), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_thread(TEST_POOL, Y, BOOT_CAP_DOMAIN, 1, 1), BAD_ARGUMENT); /* not started */
    EXPECT_ERROR(quoll_pool_create_thread(TEST_POOL, Y, BOOT_CAP_DOMAIN, 99, 1), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_thread(TEST_POOL, Y, BOOT_CAP_DOMAIN, 0, 256), BAD_ARGUMENT);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, Z, QUOLL_DOMAIN_VM, 4));
    EXPECT_ERROR(quoll_pool_create_thread(TEST_POOL, Y, Z, 0, 1), BAD_ARGUMENT);
}

static volatile uint64_t limited_error;

static void make_above_limit(uint64_t unused)
{
    (void)unused;
    limited_error = quoll_pool_create_thread(TEST_POOL, X, BOOT_CAP_DOMAIN, 0, 11).error;
    limited_error |= (uint64_t)quoll_thread_set_priority(TEST_CHILD, 11).error << 8;
    limited_error |= (uint64_t)quoll_thread_set_priority(TEST_CHILD, 10).error << 16;
    limited_error |= (uint64_t)quoll_thread_set_priority(TEST_CHILD, 9).error << 24;
    limited_error |= (uint64_t)quoll_thread_set_priority(TEST_CHILD, 10).error << 32;
}

/* Nobody makes threads above what its own maker allowed it. */
static void thread_priority_limit(void)
{
    child_start(0, make_above_limit, 0, 10);
    EXPECT(child_wait(0));
    EXPECT_EQUAL(limited_error, QUOLL_BAD_ARGUMENT | QUOLL_BAD_ARGUMENT << 8);
    EXPECT_EQUAL(quoll_thread_status(TEST_CHILD).word[1], 10);
}

static void thread_start(void)
{
    counter = 0;
    child_make(0, 10, TICKS_MS / 20, TICKS_MS);
    EXPECT_ERROR(quoll_thread_resume(TEST_CHILD), BAD_STATE); /* never started */
    EXPECT_ERROR(quoll_thread_start(TEST_CHILD, QUOLL_ADDRESS_LIMIT, 0, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_start(TEST_CHILD, 0x400002, 0, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_start(TEST_CHILD, 0x400000, 8, 0), BAD_ARGUMENT);
    child_run(0, count_once, 0x1234);
    EXPECT(child_wait(0));
    EXPECT_EQUAL(counter, 1);
    EXPECT_EQUAL(seen_argument, 0x1234);
    EXPECT_ERROR(quoll_thread_start(BOOT_CAP_THREAD, 0x400000, 0, 0), BAD_STATE); /* itself */
    /* It suspended itself: it can be started again, from the beginning. */
    child_run(0, count_once, 7);
    EXPECT(child_wait(0));
    EXPECT_EQUAL(counter, 2);
    EXPECT_EQUAL(seen_argument, 7);
    child_make(1, 10, TICKS_MS / 20, TICKS_MS);
    child_run(1, count_for_ever, 0);
    EXPECT_ERROR(quoll_thread_start(TEST_CHILD + 1, 0x400000, 0, 0), BAD_STATE); /* it runs */
}

static void thread_suspend_resume(void)
{
    uint64_t before = 0;

    counter = 0;
    child_make(0, 10, TICKS_MS / 20, TICKS_MS);
    child_run(0, count_for_ever, 0);
    test_sleep(2 * TICKS_MS);
    EXPECT(counter > 0);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_READY);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_SUSPENDED);
    before = counter;
    test_sleep(5 * TICKS_MS);
    EXPECT_EQUAL(counter, before);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD));
    EXPECT_OK(quoll_thread_resume(TEST_CHILD));
    test_sleep(2 * TICKS_MS);
    EXPECT(counter > before);
}

/* A suspended thread's wait ends, but it runs only when it is resumed. */
static void thread_suspended_while_waiting(void)
{
    counter = 0;
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    child_start(0, wait_for_ever, X, 10);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_NOTIFICATION);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    EXPECT_OK(quoll_notification_signal(X, 1));
    test_sleep(2 * TICKS_MS);
    EXPECT_EQUAL(counter, 0);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD));
    EXPECT(child_wait(0));
    EXPECT_EQUAL(counter, 1);
}

/* Started anew out of a wait: the wait is given up, and somebody else may wait there. */
static void thread_restart_in_wait(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    child_start(0, wait_for_ever, X, 10);
    test_sleep(TICKS_MS);
    EXPECT_ERROR(quoll_notification_wait(X, 0), BUSY);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    child_run(0, count_once, 0);
    EXPECT(child_wait(0));
    EXPECT_ERROR(quoll_notification_wait(X, 0), TIMEOUT);
}

static void thread_destroyed_in_wait(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    child_start(0, wait_for_ever, X, 10);
    test_sleep(TICKS_MS);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD));
    EXPECT_EQUAL(test_type(TEST_CHILD), QUOLL_TYPE_NONE);
    EXPECT_OK(quoll_notification_signal(X, 4));
    EXPECT_EQUAL(quoll_notification_wait(X, 0).word[0], 4);
}

static void thread_cannot_destroy_itself(void)
{
    EXPECT_ERROR(quoll_any_destroy(BOOT_CAP_THREAD), SELF);
    EXPECT_ERROR(quoll_any_destroy(BOOT_CAP_DOMAIN), SELF);
    EXPECT_ERROR(quoll_any_destroy(BOOT_CAP_POOL), SELF);
    EXPECT_ERROR(quoll_any_destroy(BOOT_CAP_BUDGET), BAD_STATE);
    EXPECT_ERROR(quoll_any_destroy(BOOT_CAP_INTERRUPTS), BAD_STATE);
    EXPECT_ERROR(quoll_any_destroy(BOOT_CAP_PLAN), BAD_STATE);
    EXPECT_ERROR(quoll_any_destroy(test_ram), BAD_STATE);
}

/* Higher priority runs first; the same priority in turn as they became ready. */
static volatile uint64_t order[4], order_count;

static void note_order(uint64_t n)
{
    order[order_count] = n;
    order_count = order_count + 1;
}

static void thread_priority(void)
{
    static const unsigned priorities[] = {10, 12, 10, 11};
    static const unsigned expected[] = {1, 3, 0, 2};

    order_count = 0;
    for (unsigned n = 0; n < 4; n++)
        child_start(n, note_order, n, (uint8_t)priorities[n]);
    for (unsigned n = 0; n < 4; n++)
        EXPECT(child_wait(n));
    for (unsigned n = 0; n < 4; n++)
        EXPECT_EQUAL(order[n], expected[n]);
    order_count = 0;
    for (unsigned n = 0; n < 2; n++)
        child_run(n, note_order, n);
    EXPECT_OK(quoll_thread_set_priority(TEST_CHILD, 13));
    EXPECT_EQUAL(quoll_thread_status(TEST_CHILD).word[1], 13);
    EXPECT(child_wait(0) && child_wait(1));
    EXPECT_EQUAL(order[0], 0);
    EXPECT_ERROR(quoll_thread_set_priority(TEST_CHILD, 256), BAD_ARGUMENT);
}

static void thread_set_budget(void)
{
    counter = 0;
    child_make(0, 10, 0, 0);
    child_run(0, count_for_ever, 0);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(counter, 0); /* no time */
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, X, BOOT_CAP_BUDGET, TICKS_MS / 10, TICKS_MS, 4));
    EXPECT_OK(quoll_thread_set_budget(TEST_CHILD, X));
    EXPECT_ERROR(quoll_thread_set_budget(TEST_CHILD, X), BUSY);
    child_make(1, 10, 0, 0);
    EXPECT_ERROR(quoll_thread_set_budget(TEST_CHILD + 1, X), BUSY);
    test_sleep(TICKS_MS);
    EXPECT(counter > 0);
    EXPECT(quoll_thread_status(TEST_CHILD).word[3] >= TICKS_MS / 10);
    /* Another one, then none when that ends. */
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, Y, BOOT_CAP_BUDGET, TICKS_MS / 10, TICKS_MS, 4));
    EXPECT_OK(quoll_thread_set_budget(TEST_CHILD, Y));
    EXPECT_OK(quoll_thread_set_budget(TEST_CHILD + 1, X)); /* free again */
    EXPECT_OK(quoll_any_destroy(Y));
    counter = 0;
    test_sleep(2 * TICKS_MS);
    EXPECT_EQUAL(counter, 0);
    EXPECT_EQUAL(quoll_thread_status(TEST_CHILD).word[3], 0);
}

static void thread_set_supervisor_errors(void)
{
    child_make(0, 10, 0, 0);
    EXPECT_ERROR(quoll_thread_set_supervisor(TEST_CHILD, TEST_FAULTS, 0, 1), BAD_ARGUMENT);
    EXPECT_EQUAL(test_copy(X, TEST_FAULTS, QUOLL_RIGHTS_ALL, 6), QUOLL_OK);
    EXPECT_ERROR(quoll_thread_set_supervisor(TEST_CHILD, X, 1, 1), BAD_ARGUMENT); /* flags it may not raise */
    EXPECT_OK(quoll_thread_set_supervisor(TEST_CHILD, X, 3, 1));
    EXPECT_EQUAL(test_delete(X), QUOLL_OK);
}

static void thread_read_registers(void)
{
    struct quoll_result result = {0};

    child_make(0, 10, TICKS_MS / 20, TICKS_MS);
    EXPECT_ERROR(quoll_thread_read_registers(TEST_CHILD, QUOLL_REGISTER_COUNT), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_read_registers(BOOT_CAP_THREAD, 0), BUSY);
    child_run(0, wait_for_ever, TEST_SLEEP);
    EXPECT_ERROR(quoll_thread_read_registers(TEST_CHILD, 0), BUSY);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    result = quoll_thread_read_registers(TEST_CHILD, 0);
    EXPECT_EQUAL(result.error, QUOLL_OK);
    EXPECT_EQUAL(result.word[0], 0); /* the child's number: its first argument */
    result = quoll_thread_read_registers(TEST_CHILD, QUOLL_REGISTER_SP);
    EXPECT_EQUAL(result.word[0] % 16, 0);
    EXPECT_EQUAL(result.word[1], quoll_thread_status(TEST_CHILD).word[4]); /* pc */
    EXPECT_EQUAL(result.word[2], 0);                                       /* pstate: EL0t */
    EXPECT_EQUAL(result.word[4], 0);                                       /* behind the last */
}

static void fill(uint64_t x[31], uint64_t capability, uint64_t call)
{
    for (unsigned i = 0; i < 31; i++)
        x[i] = UINT64_C(0x1111111111111111) * (i % 15 + 1);
    x[8] = capability;
    x[9] = call;
}

/* From x19 up everything is kept, x9 to x18 come back zero, and words that are no result keep their values. */
static void expect_kept(const uint64_t x[31], unsigned results, const char *what)
{
    uint64_t expected[31] = {0};
    unsigned wrong = 0;

    fill(expected, 0, 0);
    for (unsigned i = 0; i < 31; i++) {
        uint64_t value = i >= 9 && i <= 18 ? 0 : expected[i];

        if (i >= results && i != 8 && x[i] != value) {
            test_print("     %s: x%u is 0x%lx\n", what, i, (unsigned long)x[i]);
            wrong++;
        }
    }
    EXPECT_EQUAL(wrong, 0);
}

static void signal_sleeping(uint64_t notification)
{
    uint64_t x[31] = {0};

    fill(x, notification, QUOLL_CALL_notification_signal);
    trap_registers(x);
    expect_kept(x, 0, "signal");
}

static void thread_registers_over_calls(void)
{
    uint64_t x[31] = {0};

    fill(x, TEST_POOL, QUOLL_CALL_pool_status);
    trap_registers(x);
    EXPECT_EQUAL(x[8], QUOLL_OK);
    expect_kept(x, 3, "status");
    fill(x, TEST_POOL, QUOLL_CALL_notification_wait);
    trap_registers(x);
    EXPECT_EQUAL(x[8], QUOLL_BAD_TYPE);
    expect_kept(x, 0, "refused");
    fill(x, 0, 0xff);
    trap_registers(x);
    EXPECT_EQUAL(x[8], QUOLL_BAD_CALL);
    expect_kept(x, 0, "unknown");
    fill(x, TEST_SLEEP, QUOLL_CALL_notification_wait);
    x[0] = test_ticks() + TICKS_MS;
    trap_registers(x);
    EXPECT_EQUAL(x[8], QUOLL_TIMEOUT);
    expect_kept(x, 1, "timeout");
    /* Blocked, and woken by another thread. */
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    child_start(0, signal_sleeping, X, 10);
    fill(x, X, QUOLL_CALL_notification_wait);
    x[0] = QUOLL_FOREVER;
    trap_registers(x);
    EXPECT_EQUAL(x[8], QUOLL_OK);
    EXPECT_EQUAL(x[0], 0x1111111111111111);
    expect_kept(x, 1, "woken");
    EXPECT(child_wait(0));
}

static void serve_registers(uint64_t unused)
{
    uint64_t x[31] = {0};

    (void)unused;
    fill(x, 0, QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY);
    trap_registers(x);
    EXPECT_EQUAL(x[8], (uint64_t)QUOLL_KIND_MESSAGE << 56 | 1);
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQUAL(x[i], 100 + i);
    expect_kept(x, 8, "message");
    fill(x, 0, QUOLL_CALL_self_reply_wait);
    trap_registers(x); /* does not come back */
}

static void thread_registers_over_messages(void)
{
    uint64_t x[31] = {0};

    child_start_passive(0, serve_registers, 0, 10);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, X, TEST_CHILD, 1));
    fill(x, X, QUOLL_CALL_portal_call);
    for (unsigned i = 0; i < 8; i++)
        x[i] = 100 + i;
    trap_registers(x);
    EXPECT_EQUAL(x[8], QUOLL_OK);
    expect_kept(x, 0, "reply"); /* whose words are those that fill() sets */
}

static volatile uint64_t simd_bits;

static void use_simd(uint64_t value)
{
    for (unsigned i = 0; i < 20; i++) {
        simd_fill(value);
        quoll_notification_wait(TEST_FAULTS, 0); /* nothing is there: TIMEOUT */
        test_ticks();
        for (volatile unsigned j = 0; j < 3000; j++)
            continue;
        simd_bits = simd_bits | simd_wrong(value);
    }
}

/* Each thread finds its own SIMD registers again, whoever used the unit between. */
static void thread_simd_registers(void)
{
    simd_bits = 0;
    for (unsigned n = 0; n < 3; n++)
        child_start(n, use_simd, 0x1000000 * (n + 1), (uint8_t)(10 + n));
    for (unsigned i = 0; i < 30; i++) {
        simd_fill(0x77 + i);
        test_sleep(TICKS_MS / 30);
        simd_bits = simd_bits | simd_wrong(0x77 + i);
    }
    for (unsigned n = 0; n < 3; n++)
        EXPECT(child_wait(n));
    EXPECT_EQUAL(simd_bits, 0);
}

static void leave_simd(uint64_t value)
{
    simd_bits = simd_any();
    simd_fill(value);
}

/* A thread that is started, or started again, finds zeroes: not what it or anybody else left. */
static void thread_starts_with_no_simd(void)
{
    for (unsigned i = 0; i < 4; i++) {
        simd_fill(0x5555);
        simd_bits = 1;
        if (i == 0)
            child_start(0, leave_simd, 0x123456, 10);
        else
            child_run(0, leave_simd, 0x123456 + i);
        EXPECT(child_wait(0));
        EXPECT_EQUAL(simd_bits, 0);
        if (i % 2 != 0) /* with the registers in the CPU, and saved */
            test_sleep(TICKS_MS);
    }
}

/* The calls of virtual CPUs refuse others. */
static void thread_is_no_vcpu(void)
{
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, X, BOOT_CAP_DOMAIN, 0, 1));
    EXPECT_ERROR(quoll_thread_read_vcpu(X, 0), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_write_vcpu(X, 0, 0), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_set_virtual_interrupt(X, 40, 0, 0), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_get_virtual_interrupt(X, 40), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_bind_virtual_interrupts(X, TEST_SLEEP, 32), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_match_notify(X, 0, 4, TEST_SLEEP, 1), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_match_constant(X, 0, 4, 1), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_match_ignore(X, 0, 4), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_match_remove(X, 0), BAD_TYPE);
}

void test_thread(void)
{
    static const struct test tests[] = {
        TEST(thread_create),
        TEST(thread_priority_limit),
        TEST(thread_start),
        TEST(thread_suspend_resume),
        TEST(thread_suspended_while_waiting),
        TEST(thread_restart_in_wait),
        TEST(thread_destroyed_in_wait),
        TEST(thread_cannot_destroy_itself),
        TEST(thread_priority),
        TEST(thread_set_budget),
        TEST(thread_set_supervisor_errors),
        TEST(thread_read_registers),
        TEST(thread_registers_over_calls),
        TEST(thread_registers_over_messages),
        TEST(thread_simd_registers),
        TEST(thread_starts_with_no_simd),
        TEST(thread_is_no_vcpu),
    };

    TEST_RUN(tests);
}
