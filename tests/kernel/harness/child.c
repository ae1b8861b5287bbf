/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads beside the test's own, in the same domain.
 */
#include "harness.h"

static struct child {
    child_function *function;
    uint64_t argument;
    volatile uint64_t done;
} children[CHILD_MAX];

static uint8_t stacks[CHILD_MAX][CHILD_STACK] __attribute__((aligned(16)));

static void child_entry(uint64_t n)
{
    children[n].function(children[n].argument);
    children[n].done = 1;
    for (;;)
        quoll_thread_suspend(TEST_CHILD + n);
}

void child_make(unsigned n, uint8_t priority, uint64_t time, uint64_t period)
{
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, TEST_CHILD + n, BOOT_CAP_DOMAIN, 0, priority));
    EXPECT_OK(quoll_thread_set_supervisor(TEST_CHILD + n, TEST_FAULTS, 1, n));
    if (time == 0)
        return;
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, TEST_CHILD_BUDGET + n, BOOT_CAP_BUDGET, time, period,
                                       QUOLL_REPLENISHMENTS_MAX));
    EXPECT_OK(quoll_thread_set_budget(TEST_CHILD + n, TEST_CHILD_BUDGET + n));
}

void child_run(unsigned n, child_function *function, uint64_t argument)
{
    children[n] = (struct child){.function = function, .argument = argument};
    EXPECT_OK(quoll_thread_start(TEST_CHILD + n, (uint64_t)(uintptr_t)child_entry,
                                 (uint64_t)(uintptr_t)(stacks[n] + CHILD_STACK), n));
}

void child_start(unsigned n, child_function *function, uint64_t argument, uint8_t priority)
{
    child_make(n, priority, TICKS_MS / 20, TICKS_MS);
    child_run(n, function, argument);
}

void child_start_passive(unsigned n, child_function *function, uint64_t argument, uint8_t priority)
{
    child_make(n, priority, 0, 0);
    child_run(n, function, argument);
}

bool child_done(unsigned n)
{
    return children[n].done != 0;
}

bool child_wait(unsigned n)
{
    return test_wait_for(&children[n].done);
}

unsigned child_state(unsigned n)
{
    return (unsigned)quoll_thread_status(TEST_CHILD + n).word[0];
}
