/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stage-2 translation tables: 39-bit addresses, 4 KiB granule, start level 1.
 */
#pragma once

#include "types.h"

struct pool;

/* Entries changed between two preemption points. What blocks take the place of is looked at; unmapped ones are flushed.
 */
enum { TRANSLATION_MAP_BATCH = 64, TRANSLATION_BLOCK_BATCH = 32, TRANSLATION_UNMAP_BATCH = 32 };

struct space {
    uint64_t *root; /* 512 level-1 entries */
    unsigned vmid;
    struct pool *pool; /* where tables come from */
    uint32_t freed;    /* while it is destroyed: entries of level 2, all tables laid end to end, that are done */
};

/* Memory for the root table from the pool, and a VMID. QUOLL_NO_MEMORY, QUOLL_NO_SPACE. */
int space_init(struct space *space, struct pool *pool);
/* Free one table a step; nothing may be mapped any more. False when none is left and the VMID is free again. */
bool space_destroy_step(struct space *space);

/*
 * Go on with mapping [address, address + size), where nothing is mapped, to target: its first entries, all in one table
 * and as many as a batch, blocks where alignment allows; or make a table that is missing, and nothing else. *done says
 * how many bytes were mapped. QUOLL_NO_MEMORY when a table could not be had.
 */
int space_map(struct space *space, ipa_t address, paddr_t target, uint64_t size, uint64_t attributes, bool device,
              uint64_t *done);

/*
 * Unmap the first entries of a range that is mapped, TRANSLATION_UNMAP_BATCH at most and all in one table, and flush;
 * returns how many bytes of the range are done.
 */
uint64_t space_unmap(struct space *space, ipa_t address, uint64_t size);

/* Where an address leads; false when nowhere. */
bool space_find(const struct space *space, ipa_t address, paddr_t *target);
