/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Many threads at little cost: nothing of them is kept but the capability of each one's budget, without which the
 * budget would be taken from it.
 */
#include "suite.h"

enum { TIME = 64 * 1024, PERIOD = 1 << 30, REFILLS = QUOLL_REPLENISHMENTS_MAX };

static unsigned members;

void crowd_open(void)
{
    members = 0;
    EXPECT_OK(quoll_pool_create_pool(BOOT_CAP_POOL, CROWD_POOL, test_ram, test_ram_offset, CROWD_POOL_SIZE));
}

void crowd_close(void)
{
    EXPECT_OK(quoll_any_destroy(CROWD_POOL));
}

void crowd_add(const char *program, uint64_t argument, unsigned priority)
{
    uint32_t budget = CROWD_BUDGETS + members++;

    EXPECT(members <= CROWD_MAX);
    EXPECT_OK(quoll_pool_create_thread(CROWD_POOL, CROWD_THREAD, BOOT_CAP_DOMAIN, 0, priority));
    EXPECT_OK(quoll_pool_create_budget(CROWD_POOL, budget, BOOT_CAP_BUDGET, TIME, PERIOD, REFILLS));
    EXPECT_OK(quoll_thread_set_budget(CROWD_THREAD, budget));
    EXPECT_OK(quoll_thread_set_supervisor(CROWD_THREAD, TEST_FAULTS, 1, 0));
    EXPECT_OK(quoll_thread_start(CROWD_THREAD, (uintptr_t)program, 0, argument));
    EXPECT_EQUAL(test_delete(CROWD_THREAD), QUOLL_OK);
}

void crowd_serve(uint32_t thread, uint32_t portal, uint64_t argument)
{
    EXPECT_OK(quoll_pool_create_thread(CROWD_POOL, thread, BOOT_CAP_DOMAIN, 0, 100));
    EXPECT_OK(quoll_pool_create_portal(CROWD_POOL, portal, thread, 0));
    EXPECT_OK(quoll_thread_set_supervisor(thread, TEST_FAULTS, 1, 0));
    EXPECT_OK(quoll_thread_start(thread, (uintptr_t)program_server, 0, argument));
}

void crowd_settle(void)
{
    test_sleep(20 * TICKS_MS);
}
