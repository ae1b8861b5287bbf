/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Capability lists as long as they may be, all address spaces there are, and pools nested as deep as they may be.
 */
#include "suite.h"

enum {
    DOMAIN = CROWD_FIRST,
    SOURCE,
    SPACES, /* + n: domains until there is no VMID left */
    SPACES_MAX = 255,
    SMALL_LIST = 8,
    NEST_POOL = CROWD_FIRST,     /* + level */
    NEST_MEMORY = NEST_POOL + 8, /* + level * NEST_MEMORIES + depth */
    NEST_LEVELS = 6,
    NEST_MEMORIES = 6,
    NEST_SIZE = 64 << 10,
};

static void full_list(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SOURCE));
    stretch_begin();
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, DOMAIN, QUOLL_DOMAIN_NATIVE, QUOLL_CAPABILITIES_MAX));
    stretch_row("create_domain");
    for (uint32_t i = 1; i < QUOLL_CAPABILITIES_MAX; i++)
        EXPECT_OK(quoll_domain_copy(DOMAIN, i, SOURCE, QUOLL_RIGHTS_ALL, 0));
    stretch_begin();
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, SOURCE));
    stretch_row("revoke_capability");
    for (uint32_t i = 1; i < QUOLL_CAPABILITIES_MAX; i++)
        EXPECT_OK(quoll_domain_copy(DOMAIN, i, SOURCE, QUOLL_RIGHTS_ALL, 0));
    stretch_begin();
    EXPECT_OK(quoll_any_destroy(DOMAIN));
    stretch_row("destroy_domain");
}

static void spaces(void)
{
    unsigned count = 0;

    crowd_open();
    stretch_begin();
    while (count < SPACES_MAX &&
           quoll_pool_create_domain(CROWD_POOL, SPACES + count, QUOLL_DOMAIN_NATIVE, SMALL_LIST).error == QUOLL_OK)
        count++;
    stretch_row("create_spaces");
    EXPECT(count > (SPACES_MAX - QUOLL_DOMAINS_KEPT) / 2);
    EXPECT_ERROR(quoll_pool_create_domain(CROWD_POOL, SPACES + SPACES_MAX, QUOLL_DOMAIN_NATIVE, SMALL_LIST), NO_SPACE);
    stretch_begin();
    crowd_close();
    stretch_row("destroy_spaces");
}

/* A pool in a memory in a memory ... in a pool ..., each the first that its owner has. */
static void nest(void)
{
    uint32_t pool = CROWD_POOL;

    crowd_open();
    for (unsigned level = 0; level < NEST_LEVELS; level++) {
        uint64_t offset = test_ram_offset + CROWD_POOL_SIZE + level * (uint64_t)NEST_SIZE;
        uint32_t memory = test_ram;

        for (unsigned depth = 0; depth < NEST_MEMORIES; depth++) {
            uint32_t next = NEST_MEMORY + level * NEST_MEMORIES + depth;

            EXPECT_OK(quoll_pool_create_memory(pool, next, memory, depth == 0 ? offset : 0, NEST_SIZE));
            memory = next;
        }
        EXPECT_OK(quoll_pool_create_pool(pool, NEST_POOL + level, memory, 0, NEST_SIZE));
        pool = NEST_POOL + level;
    }
    stretch_begin();
    EXPECT_OK(quoll_any_destroy(NEST_MEMORY));
    stretch_row("destroy_nest");
    crowd_close();
}

void stretches_capabilities(void)
{
    static const struct test tests[] = {TEST(full_list), TEST(spaces), TEST(nest)};

    TEST_RUN(tests);
}
