/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Address spaces with very many mappings, and memory subdivided into very many parts at every level.
 */
#include "suite.h"

enum {
    DOMAIN = CROWD_FIRST,
    PAGE,
    LARGE,
    SCATTERED,
    TREE,       /* + depth */
    PART = 300, /* parts of the range at that depth, their capabilities one after the other */
    MAPPINGS = 4096,
    DEPTH = 6,
    PARTS = 32,
    PAGES = 512,
    BLOCKS = 12,
};
#define LARGE_OFFSET   (test_ram_offset + CROWD_POOL_SIZE)
#define MANY_ADDRESS   (UINT64_C(1) << 30)
#define PAGES_ADDRESS  (UINT64_C(2) << 30)
#define BLOCKS_ADDRESS (UINT64_C(3) << 30)

static const uint64_t access = QUOLL_MAP_READ | QUOLL_MAP_WRITE;

static void map(uint32_t memory, uint64_t address, uint64_t offset, uint64_t size)
{
    EXPECT_OK(quoll_domain_map(DOMAIN, memory, CROWD_POOL, address, offset, size, access));
}

/* In an order that makes the tree of mappings turn often. */
static void map_many(void)
{
    for (uint64_t i = 0; i < MAPPINGS; i++)
        map(PAGE, MANY_ADDRESS + i * 1597 % MAPPINGS * 2 * TEST_PAGE, 0, TEST_PAGE);
}

static void mappings(void)
{
    crowd_open();
    EXPECT_OK(quoll_pool_create_domain(CROWD_POOL, DOMAIN, QUOLL_DOMAIN_NATIVE, 8));
    EXPECT_OK(quoll_pool_create_memory(CROWD_POOL, PAGE, test_ram, LARGE_OFFSET, TEST_PAGE));
    EXPECT_OK(quoll_pool_create_memory(CROWD_POOL, LARGE, test_ram, LARGE_OFFSET + TEST_LARGE,
                                       (uint64_t)BLOCKS * TEST_LARGE));
    map_many();
    stretch_begin();
    map(LARGE, PAGES_ADDRESS, TEST_PAGE, PAGES * TEST_PAGE);
    stretch_row("map_pages");
    stretch_begin();
    EXPECT_OK(quoll_domain_unmap(DOMAIN, PAGES_ADDRESS));
    stretch_row("unmap_pages");
    /* Tables, empty again, where blocks will be. */
    for (uint64_t i = 0; i < BLOCKS; i++) {
        map(PAGE, BLOCKS_ADDRESS + i * TEST_LARGE, 0, TEST_PAGE);
        EXPECT_OK(quoll_domain_unmap(DOMAIN, BLOCKS_ADDRESS + i * TEST_LARGE));
    }
    stretch_begin();
    map(LARGE, BLOCKS_ADDRESS, 0, (uint64_t)BLOCKS * TEST_LARGE);
    stretch_row("map_blocks");
    stretch_begin();
    EXPECT_OK(quoll_memory_revoke(LARGE, 0, TEST_PAGE));
    stretch_row("unmap_blocks");
    stretch_begin();
    for (uint64_t i = 0; i < MAPPINGS; i += 64)
        EXPECT_OK(quoll_domain_unmap(DOMAIN, MANY_ADDRESS + i * 2 * TEST_PAGE));
    stretch_row("unmap_many");
    stretch_begin();
    EXPECT_OK(quoll_any_destroy(PAGE));
    stretch_row("destroy_mappings");
    crowd_close();
}

/* At each depth PARTS ranges, of which the last is subdivided further; the very last is mapped very often. */
static void tree(void)
{
    uint64_t size = (uint64_t)(DEPTH * PARTS + 1) * TEST_PAGE;
    uint32_t parent = TREE;
    uint32_t part = PART;

    crowd_open();
    EXPECT_OK(quoll_pool_create_domain(CROWD_POOL, DOMAIN, QUOLL_DOMAIN_NATIVE, 8));
    EXPECT_OK(quoll_pool_create_memory(CROWD_POOL, TREE, test_ram, LARGE_OFFSET, size));
    for (unsigned depth = 1; depth < DEPTH; depth++) {
        for (unsigned i = 0; i < PARTS; i++)
            EXPECT_OK(quoll_pool_create_memory(CROWD_POOL, part++, parent, i * (uint64_t)TEST_PAGE, TEST_PAGE));
        size -= (uint64_t)PARTS * TEST_PAGE;
        EXPECT_OK(quoll_pool_create_memory(CROWD_POOL, TREE + depth, parent, (uint64_t)PARTS * TEST_PAGE, size));
        parent = TREE + depth;
    }
    EXPECT_OK(quoll_pool_create_memory(CROWD_POOL, PAGE, parent, 0, TEST_PAGE));
    map_many();
    EXPECT_OK(quoll_pool_create_memory(CROWD_POOL, SCATTERED, parent, size - TEST_PAGE, TEST_PAGE));
    map(SCATTERED, PAGES_ADDRESS, 0, TEST_PAGE);
    stretch_begin();
    EXPECT_OK(quoll_memory_revoke(TREE, (uint64_t)(DEPTH * PARTS) * TEST_PAGE, TEST_PAGE));
    stretch_row("revoke_memory");
    stretch_begin();
    EXPECT_OK(quoll_any_destroy(TREE));
    stretch_row("destroy_memory");
    crowd_close();
}

void stretches_memory(void)
{
    static const struct test tests[] = {TEST(mappings), TEST(tree)};

    TEST_RUN(tests);
}
