/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Budgets: no more than `time` in any window of `period`, what was used comes back, shares of a core add up.
 */
#include "machine.h"

enum { PERIOD = 10000, TIME = 1000 };

static unsigned pool;

static int start(void **state)
{
    machine_start(state);
    pool = make_pool(UINT64_C(2) << 20);
    return 0;
}

static struct budget *budget_of(unsigned index)
{
    return container_of(root_object(index), struct budget, object);
}

static uint64_t status(unsigned index, unsigned word)
{
    EXPECT(budget_status, index);
    return result(core->current, word);
}

static void throttles(void **state)
{
    struct program program = make_program(pool, 10, TIME, PERIOD);
    uint64_t ran = 0;

    (void)state;
    start_program(&program);
    root_rest();
    assert_current(program);
    advance(TIME - 1);
    assert_current(program);
    advance(1);
    assert_null(core->current);
    advance(PERIOD - TIME - 1);
    assert_null(core->current);
    advance(1);
    assert_current(program);
    for (unsigned i = 0; i < 10 * PERIOD; i++) {
        ran += core->current == program.thread;
        advance(1);
    }
    assert_in_range(ran, 10 * TIME - 2, 10 * TIME + 2);
    assert_int_equal(budget_of(program.budget)->overruns, 11);
}

/* Short bursts come back each a period after it began, and never make more than `time` in a window. */
static void replenishes_bursts(void **state)
{
    static uint8_t ran[40 * PERIOD];
    struct program program = make_program(pool, 10, TIME, PERIOD);
    unsigned window = 0;
    uint64_t total = 0;
    uint32_t random = 1;

    (void)state;
    start_program(&program);
    root_rest();
    sleep_now(&program);
    for (unsigned at = 0; at < 40 * PERIOD; at++) {
        random = random * 1664525 + 1013904223;
        if (core->current == program.thread && random >> 24 < 20)
            sleep_now(&program);
        else if (program.thread->state == THREAD_NOTIFICATION && random >> 24 < 10)
            wake(&program);
        ran[at] = core->current == program.thread;
        advance(1);
    }
    for (unsigned at = 0; at < 40 * PERIOD; at++) {
        window += ran[at];
        total += ran[at];
        if (at >= PERIOD)
            window -= ran[at - PERIOD];
        assert_true(window <= TIME);
    }
    /* It asks for a third of the core in some 260 bursts a period, and the budget keeps 8 refills: little is lost. */
    assert_true(total > 38 * TIME);
    assert_in_range(budget_of(program.budget)->used, total - 100, total + 2);
    budget_settle(budget_of(program.budget));
    uint64_t sum = budget_of(program.budget)->now.amount;
    for (unsigned i = 0; i < budget_of(program.budget)->later_count; i++)
        sum += budget_of(program.budget)
                   ->later[(budget_of(program.budget)->later_first + i) % QUOLL_REPLENISHMENTS_MAX]
                   .amount;
    assert_int_equal(sum, TIME);
}

/* One replenishment: everything that was used comes back together. */
static void single_replenishment(void **state)
{
    struct program program = make_program(pool, 10, 0, 0);
    unsigned budget = make_budget(pool, TIME, PERIOD, 1);

    (void)state;
    EXPECT(thread_set_budget, program.thread_index, budget);
    start_program(&program);
    root_rest();
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(budget_of(budget)->later_count, 0);
        advance(PERIOD / 7);
    }
    assert_true(budget_of(budget)->used <= 8 * TIME);
    assert_true(budget_of(budget)->used >= 3 * TIME);
}

static void overruns_are_reported(void **state)
{
    struct program program = make_program(pool, 10, TIME, PERIOD);
    unsigned handler = make_notification(pool);

    (void)state;
    EXPECT(budget_report, program.budget, handler, 0x30);
    REFUSE(BAD_ARGUMENT, budget_report, program.budget, handler, 0);
    start_program(&program);
    root_rest();
    advance(TIME + 10);
    root_run();
    EXPECT(notification_wait, handler, 0);
    assert_int_equal(result(core->current, 0), 0x30);
    assert_int_equal(status(program.budget, 4), 1);
    assert_int_equal(status(program.budget, 3), 0);
    assert_int_equal(status(program.budget, 0), TIME);
    assert_int_equal(status(program.budget, 1), PERIOD);
    /* Without the handler it is only throttled. */
    EXPECT(any_destroy, handler);
    root_rest();
    advance(3 * PERIOD);
    assert_int_equal(budget_of(program.budget)->overruns, 4);
}

static void higher_priority_preempts(void **state)
{
    struct program high = make_program(pool, 20, TIME, PERIOD);
    struct program low = make_program(pool, 10, TIME, PERIOD);
    struct program equal = make_program(pool, 10, TIME, PERIOD);

    (void)state;
    start_program(&high);
    start_program(&low);
    start_program(&equal);
    root_rest();
    assert_current(high);
    advance(TIME);
    assert_current(low);
    /* An equal one waits until the first stops or its time ends. */
    advance(TIME / 2);
    assert_current(low);
    advance(TIME / 2);
    assert_current(equal);
    advance(PERIOD - 2 * TIME);
    assert_current(high);
    advance(TIME);
    assert_current(low);
}

static void priority_changes_at_once(void **state)
{
    struct program first = make_program(pool, 20, TIME, PERIOD);
    struct program second = make_program(pool, 10, TIME, PERIOD);

    (void)state;
    start_program(&first);
    start_program(&second);
    EXPECT(thread_set_priority, second.thread_index, 30);
    root_rest();
    assert_current(second);
    root_run();
    EXPECT(thread_set_priority, second.thread_index, 1);
    root_rest();
    assert_current(first);
    root_run();
    REFUSE(BAD_ARGUMENT, thread_set_priority, second.thread_index, QUOLL_PRIORITY_COUNT);
    /* Nobody gives more than it may give. */
    give(&first, OWN_FIRST, second.thread_index, QUOLL_RIGHTS_ALL, 0);
    root_rest();
    REFUSE(BAD_ARGUMENT, thread_set_priority, OWN_FIRST, 21);
    EXPECT(thread_set_priority, OWN_FIRST, 20);
}

/* Shares of the core add up to it, and come back when budgets end. */
static void shares_add_up(void **state)
{
    struct budget *root = budget_of(BOOT_CAP_BUDGET);
    uint64_t whole = root->share;
    unsigned half = make_budget(pool, PERIOD / 2, PERIOD, 4);
    unsigned index = fresh();

    (void)state;
    assert_in_range(root->share, whole / 2 - 1, whole / 2);
    assert_in_range(root->time, root->period / 2 - 1, root->period / 2);
    REFUSE(NO_BUDGET, pool_create_budget, pool, index, BOOT_CAP_BUDGET, PERIOD / 2 + 1, PERIOD, 4);
    EXPECT(pool_create_budget, pool, index, half, PERIOD / 4, PERIOD, 4);
    assert_in_range(budget_of(half)->time, PERIOD / 4 - 1, PERIOD / 4);
    REFUSE(NO_BUDGET, pool_create_budget, pool, fresh(), half, PERIOD / 4, PERIOD, 4);
    /* The parent goes first: its child's share goes to the core when it ends. */
    EXPECT(any_destroy, half);
    assert_in_range(root->share, whole / 4 * 3 - 4, whole / 4 * 3);
    EXPECT(any_destroy, index);
    assert_int_equal(root->share, whole);
    assert_int_equal(root->time, root->period);
}

static void create_refuses(void **state)
{
    unsigned index = fresh();

    (void)state;
    REFUSE(BAD_ARGUMENT, pool_create_budget, pool, index, BOOT_CAP_BUDGET, BUDGET_TIME_MIN - 1, PERIOD, 1);
    REFUSE(BAD_ARGUMENT, pool_create_budget, pool, index, BOOT_CAP_BUDGET, PERIOD + 1, PERIOD, 1);
    REFUSE(BAD_ARGUMENT, pool_create_budget, pool, index, BOOT_CAP_BUDGET, TIME, BUDGET_PERIOD_MAX + 1, 1);
    REFUSE(BAD_ARGUMENT, pool_create_budget, pool, index, BOOT_CAP_BUDGET, UINT64_MAX, UINT64_MAX, 1);
    REFUSE(BAD_ARGUMENT, pool_create_budget, pool, index, BOOT_CAP_BUDGET, TIME, PERIOD, 0);
    REFUSE(BAD_ARGUMENT, pool_create_budget, pool, index, BOOT_CAP_BUDGET, TIME, PERIOD, QUOLL_REPLENISHMENTS_MAX + 1);
    REFUSE(SLOT_TAKEN, pool_create_budget, pool, pool, BOOT_CAP_BUDGET, TIME, PERIOD, 1);
    REFUSE(NO_BUDGET, pool_create_budget, pool, index, BOOT_CAP_BUDGET, PERIOD, PERIOD, 1);
    EXPECT(pool_create_budget, pool, index, BOOT_CAP_BUDGET, BUDGET_TIME_MIN, BUDGET_PERIOD_MAX,
           QUOLL_REPLENISHMENTS_MAX);
    struct program program = make_program(pool, 10, TIME, PERIOD);
    struct program other = make_program(pool, 10, 0, 0);
    REFUSE(BUSY, thread_set_budget, other.thread_index, program.budget);
    EXPECT(thread_set_budget, program.thread_index, index);
    EXPECT(thread_set_budget, other.thread_index, program.budget);
}

/* A budget that ends under a running thread, and one that is given to a thread that was ready without. */
static void budget_comes_and_goes(void **state)
{
    struct program program = make_program(pool, 10, TIME, PERIOD);

    (void)state;
    start_program(&program);
    root_rest();
    assert_current(program);
    advance(10);
    root_run();
    EXPECT(any_destroy, program.budget);
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_null(core->current);
    root_run();
    unsigned budget = make_budget(pool, TIME, PERIOD, 1);
    EXPECT(thread_set_budget, program.thread_index, budget);
    root_rest();
    assert_current(program);
    assert_int_equal(budget_of(budget)->used, 0);
    advance(TIME);
    assert_null(core->current);
    /* Exhausted, and exchanged for one that is not. */
    root_run();
    unsigned second = make_budget(pool, TIME, PERIOD, 1);
    EXPECT(thread_set_budget, program.thread_index, second);
    root_rest();
    assert_current(program);
}

int test_budget(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(throttles, start, machine_stop),
        cmocka_unit_test_setup_teardown(replenishes_bursts, start, machine_stop),
        cmocka_unit_test_setup_teardown(single_replenishment, start, machine_stop),
        cmocka_unit_test_setup_teardown(overruns_are_reported, start, machine_stop),
        cmocka_unit_test_setup_teardown(higher_priority_preempts, start, machine_stop),
        cmocka_unit_test_setup_teardown(priority_changes_at_once, start, machine_stop),
        cmocka_unit_test_setup_teardown(shares_add_up, start, machine_stop),
        cmocka_unit_test_setup_teardown(create_refuses, start, machine_stop),
        cmocka_unit_test_setup_teardown(budget_comes_and_goes, start, machine_stop),
    };
    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
