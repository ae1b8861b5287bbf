/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The root table has an entry a GiB. A GiB that a range begins or ends in has a table of 2 MiB blocks, and 2 MiB that
 * one begins or ends in have a table of pages:
 *
 *     root -> GiB with an end in it -> 2 MiB with an end in them
 */
#include "tools/quoll/stage1.h"

#include <stdbool.h>

#include "tools/quoll/value.h"

enum {
    ENDS_MAX = 2 * (BOOT_RAM_MAX + 3),
    KERNEL_TABLES = 2, /* for its text and constants, which lie in one 2 MiB */
    DISTRIBUTOR_SIZE = 0x10000,
    UART_SIZE = 0x1000,
};

struct ends {
    uint64_t at[ENDS_MAX];
    unsigned count;
};

static void add_range(struct ends *ends, uint64_t base, uint64_t size)
{
    if (size == 0)
        return;
    ends->at[ends->count++] = base;
    ends->at[ends->count++] = base + size;
}

/* Units of this size that an end divides, each once. */
static uint32_t divided(const struct ends *ends, uint64_t unit)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < ends->count; i++) {
        bool again = false;

        for (unsigned j = 0; j < i; j++)
            again = again || (ends->at[j] % unit != 0 && ends->at[j] / unit == ends->at[i] / unit);
        if (ends->at[i] % unit != 0 && !again)
            count++;
    }
    return count;
}

uint32_t stage1_table_count(const struct board *board)
{
    struct ends ends = {.count = 0};

    for (unsigned i = 0; i < board->ram_count; i++)
        add_range(&ends, board->ram[i].base, board->ram[i].size);
    add_range(&ends, board->uart, board->uart != 0 ? UART_SIZE : 0);
    add_range(&ends, board->gic_distributor, DISTRIBUTOR_SIZE);
    add_range(&ends, board->gic_redistributor, board->gic_redistributor_size);
    return 1 + divided(&ends, GIB) + divided(&ends, 2 * MIB) + KERNEL_TABLES;
}
