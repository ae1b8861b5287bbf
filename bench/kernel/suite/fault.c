/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An access to explicitly paged memory: to the pager in another domain, and back to the access, which is executed once
 * more. What the pager does between, the call that maps the page above all, is left out.
 */
#include "bench.h"

enum { PAGER, CLIENT, PAGED = SIDE_SPARE };
#define PAGED_ADDRESS UINT64_C(0x800000)
#define PAGED_OFFSET  UINT64_C(0x800000)

static void show(void)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++)
        sample(side_log(CLIENT, i).before, side_log(PAGER, i).after);
    sample_row("fault_out", 1);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++)
        sample(side_log(PAGER, i + 1).before, side_log(CLIENT, i).after);
    sample_row("fault_back", 1);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++) {
        uint64_t served = side_log(PAGER, i + 1).before - side_log(PAGER, i).after;

        sample(side_log(CLIENT, i).before, side_log(CLIENT, i).after - served - counter_overhead);
    }
    sample_row("fault_round_trip", 1);
}

/* The pager's call: domain_map of its client's domain; the program fills in address and offset. */
static void make_pager(void)
{
    volatile struct block *block = side_block(PAGER);

    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, PAGED, test_ram, test_ram_offset + PAGED_OFFSET, ROUNDS * TEST_PAGE));
    side_give(PAGER, SIDE_MEMORY, PAGED);
    side_give(PAGER, SIDE_POOL, TEST_POOL);
    side_give(PAGER, SIDE_DOMAIN, side_capability(CLIENT, SIDE_DOMAIN_OF));
    side_set_call(PAGER, CALL_MAP, SIDE_DOMAIN);
    block->x[0] = SIDE_MEMORY;
    block->x[1] = SIDE_POOL;
    block->x[3] = PAGED_ADDRESS;
    block->x[4] = TEST_PAGE;
    block->x[5] = QUOLL_MAP_READ | QUOLL_MAP_WRITE;
}

void bench_fault(void)
{
    sides_begin();
    side_make(PAGER, SIDE_PRIORITY);
    side_make(CLIENT, SIDE_PRIORITY - 1);
    side_make_portal(PAGER);
    make_pager();
    EXPECT_OK(quoll_domain_page(side_capability(CLIENT, SIDE_DOMAIN_OF), side_capability(PAGER, SIDE_PORTAL),
                                PAGED_ADDRESS, ROUNDS * TEST_PAGE));
    side_block(CLIENT)->rounds = ROUNDS;
    side_block(CLIENT)->x[0] = PAGED_ADDRESS;
    side_start_server(PAGER, program_pager);
    side_start(CLIENT, program_touch);
    sides_run();
    EXPECT_EQUAL(side_block(PAGER)->answer, QUOLL_OK);
    show();
}
