/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stage-2 translation tables: 39-bit addresses, 4 KiB granule, start level 1.
 */
#pragma once

#include "types.h"

struct pool;

enum { TRANSLATION_BATCH = 64 }; /* entries changed between two preemption points */

struct space {
    uint64_t *root; /* 512 level-1 entries */
    unsigned vmid;
    struct pool *pool; /* where tables come from */
};

/* Memory for the root table from the pool, and a VMID. QUOLL_NO_MEMORY, QUOLL_NO_SPACE. */
int space_init(struct space *space, struct pool *pool);
/* Free one table a step; nothing may be mapped any more. False when none is left and the VMID is free again. */
bool space_destroy_step(struct space *space);

/*
 * Map up to TRANSLATION_BATCH entries of [address, address + size) to target, blocks where alignment allows; *done
 * says how many bytes were mapped. QUOLL_NO_MEMORY when a table could not be had; *done is right then too.
 */
int space_map(struct space *space, ipa_t address, paddr_t target, uint64_t size, uint64_t attributes, bool device,
              uint64_t *done);

/* Unmap up to TRANSLATION_BATCH entries and flush; returns how many bytes of the range are done. */
uint64_t space_unmap(struct space *space, ipa_t address, uint64_t size);

/* Where an address leads; false when nowhere. */
bool space_find(const struct space *space, ipa_t address, paddr_t *target);
