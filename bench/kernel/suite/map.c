/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A domain maps memory of its own and unmaps it again, for ever; from the second round on all tables are there.
 */
#include "bench.h"

enum { MAPPER, SCATTERED = SIDE_SPARE, BLOCK };
#define SMALL_ADDRESS UINT64_C(0x800000) /* each in a table of its own */
#define LARGE_ADDRESS UINT64_C(0xa00000)
#define RAM_OFFSET    UINT64_C(0x800000)

static void run(uint32_t memory, uint64_t address, uint64_t size)
{
    volatile struct block *block = side_block(MAPPER);

    EXPECT_OK(quoll_domain_delete(side_capability(MAPPER, SIDE_DOMAIN_OF), SIDE_MEMORY));
    side_give(MAPPER, SIDE_MEMORY, memory);
    side_set_call(MAPPER, CALL_MAP, SIDE_DOMAIN);
    block->x[0] = SIDE_MEMORY;
    block->x[1] = SIDE_POOL;
    block->x[2] = address;
    block->x[3] = 0;
    block->x[4] = size;
    block->x[5] = QUOLL_MAP_READ | QUOLL_MAP_WRITE;
    side_set_then(MAPPER, QUOLL_CALL_domain_unmap, SIDE_DOMAIN, address);
    block->rounds = ROUNDS;
    side_start(MAPPER, program_call_then);
    sides_run();
    EXPECT_EQUAL(block->answer, QUOLL_OK);
    EXPECT_EQUAL(block->answer_then, QUOLL_OK);
    EXPECT_OK(quoll_thread_suspend(SIDE_THREAD));
}

static void show(const char *map, const char *unmap, unsigned pages)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(side_log_first(MAPPER, i).before, side_log_first(MAPPER, i).after);
    sample_row(map, pages);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(side_log_then(MAPPER, i).before, side_log_then(MAPPER, i).after);
    sample_row(unmap, pages);
}

void bench_map(void)
{
    sides_begin();
    side_make(MAPPER, SIDE_PRIORITY);
    side_give(MAPPER, SIDE_DOMAIN, side_capability(MAPPER, SIDE_DOMAIN_OF));
    side_give(MAPPER, SIDE_POOL, TEST_POOL);
    side_give(MAPPER, SIDE_MEMORY, DONE);
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, BLOCK, test_ram, test_ram_offset + RAM_OFFSET, TEST_LARGE));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, SCATTERED, test_ram,
                                       test_ram_offset + RAM_OFFSET + TEST_LARGE + TEST_PAGE, TEST_LARGE));
    run(SCATTERED, SMALL_ADDRESS, TEST_LARGE);
    show("map_range", "unmap_range", TEST_LARGE / TEST_PAGE);
    run(SCATTERED, SMALL_ADDRESS, TEST_PAGE);
    show("map_page", "unmap_page", 1);
    run(BLOCK, LARGE_ADDRESS, TEST_LARGE);
    show("map_block", "unmap_block", 1);
}
