/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A level-1 entry maps 1 GiB (here always through a table), a level-2 entry 2 MiB or a table, a level-3 entry 4 KiB.
 */
#include "translation.h"

#include "abi/calls.h"
#include "arch.h"
#include "check.h"
#include "pool.h"

enum { ENTRIES = 512, LEVEL_ROOT = 1, LEVEL_BLOCK = 2, LEVEL_PAGE = 3, VMID_WORDS = 4 };

static uint64_t vmids[VMID_WORDS]; /* bit set: given to a domain. Protection: capability lock */

/* What one entry of a level covers. */
static uint64_t level_size(unsigned level)
{
    return UINT64_C(1) << (39 - 9 * level);
}

static unsigned level_index(uint64_t address, unsigned level)
{
    return (unsigned)(address >> (39 - 9 * level)) % ENTRIES;
}

static uint64_t *entry_table(uint64_t entry)
{
    return paddr_pointer(arch_descriptor_address(entry));
}

static unsigned vmid_allocate(void)
{
    unsigned count = arch_vmid_count();

    for (unsigned vmid = 1; vmid < count && vmid < VMID_WORDS * 64; vmid++) {
        if ((vmids[vmid / 64] >> (vmid % 64) & 1) == 0) {
            vmids[vmid / 64] |= UINT64_C(1) << (vmid % 64);
            return vmid;
        }
    }
    return 0;
}

int space_init(struct space *space, struct pool *pool)
{
    unsigned vmid = vmid_allocate();

    if (vmid == 0)
        return QUOLL_NO_SPACE;
    space->root = pool_allocate(pool, PAGE_SIZE);
    if (space->root == NULL) {
        vmids[vmid / 64] &= ~(UINT64_C(1) << (vmid % 64));
        return QUOLL_NO_MEMORY;
    }
    space->vmid = vmid;
    space->pool = pool;
    return QUOLL_OK;
}

/* The first entry at or behind *index of the table that is not zero; false when none is. */
static bool next_used(const uint64_t *table, unsigned *index)
{
    while (*index < ENTRIES && table[*index] == 0)
        (*index)++;
    return *index < ENTRIES;
}

bool space_destroy_step(struct space *space)
{
    unsigned root_index = 0;
    unsigned index = 0;

    if (space->root == NULL)
        return false;
    if (next_used(space->root, &root_index)) {
        uint64_t *level2 = entry_table(space->root[root_index]);

        if (next_used(level2, &index)) {
            CHECK(arch_descriptor_is_table(level2[index], LEVEL_BLOCK));
            pool_free(space->pool, entry_table(level2[index]));
            level2[index] = 0;
        } else {
            pool_free(space->pool, level2);
            space->root[root_index] = 0;
        }
        return true;
    }
    arch_barrier_table();
    arch_tlb_flush_space(space->vmid);
    vmids[space->vmid / 64] &= ~(UINT64_C(1) << (space->vmid % 64));
    pool_free(space->pool, space->root);
    space->root = NULL;
    return false;
}

/* The table that an entry leads to, made when there is none; null when the pool is empty. */
static uint64_t *table_below(struct space *space, uint64_t *entry)
{
    uint64_t *table = NULL;

    if (*entry != 0)
        return entry_table(*entry);
    table = pool_allocate(space->pool, PAGE_SIZE);
    if (table == NULL)
        return NULL;
    arch_barrier_table();
    *entry = arch_descriptor_table(pointer_paddr(table));
    return table;
}

/* A block takes the place of a level-3 table whose entries are all zero: break before make (Arm ARM D8.14.1). */
static void drop_empty_table(struct space *space, uint64_t *entry, uint64_t address)
{
    uint64_t *table = entry_table(*entry);

    *entry = 0;
    arch_barrier_table();
    arch_tlb_flush_pages(space->vmid, ipa(address), PAGE_SIZE, PAGE_SIZE);
    pool_free(space->pool, table);
}

int space_map(struct space *space, ipa_t address, paddr_t target, uint64_t size, uint64_t attributes, bool device,
              uint64_t *done)
{
    int error = QUOLL_OK;

    *done = 0;
    for (unsigned batch = 0; batch < TRANSLATION_BATCH && *done < size; batch++) {
        uint64_t at = address.value + *done;
        uint64_t to = target.value + *done;
        uint64_t *level2 = table_below(space, &space->root[level_index(at, LEVEL_ROOT)]);
        uint64_t *entry = level2 != NULL ? &level2[level_index(at, LEVEL_BLOCK)] : NULL;

        if (entry != NULL && is_aligned(at | to, BLOCK_SIZE) && size - *done >= BLOCK_SIZE) {
            if (*entry != 0)
                drop_empty_table(space, entry, at);
            *entry = arch_descriptor_block(paddr(to), attributes, device);
            *done += BLOCK_SIZE;
            continue;
        }
        entry = entry != NULL ? table_below(space, entry) : NULL;
        if (entry == NULL) {
            error = QUOLL_NO_MEMORY;
            break;
        }
        entry[level_index(at, LEVEL_PAGE)] = arch_descriptor_page(paddr(to), attributes, device);
        *done += PAGE_SIZE;
    }
    arch_barrier_table();
    return error;
}

uint64_t space_unmap(struct space *space, ipa_t address, uint64_t size)
{
    uint64_t done = 0;
    uint64_t stride = 0; /* of the entries cleared in this batch: all of one level */

    for (unsigned batch = 0; batch < TRANSLATION_BATCH && done < size; batch++) {
        uint64_t at = address.value + done;
        uint64_t *level2 = entry_table(space->root[level_index(at, LEVEL_ROOT)]);
        uint64_t *entry = &level2[level_index(at, LEVEL_BLOCK)];
        unsigned level = arch_descriptor_is_table(*entry, LEVEL_BLOCK) ? LEVEL_PAGE : LEVEL_BLOCK;

        if (stride != 0 && stride != level_size(level))
            break;
        stride = level_size(level);
        if (level == LEVEL_PAGE)
            entry = &entry_table(*entry)[level_index(at, LEVEL_PAGE)];
        CHECK(*entry != 0);
        *entry = 0;
        done += stride;
    }
    arch_barrier_table();
    arch_tlb_flush_pages(space->vmid, address, done, stride);
    return done;
}

bool space_find(const struct space *space, ipa_t address, paddr_t *target)
{
    const uint64_t *table = space->root;

    for (unsigned level = LEVEL_ROOT; level <= LEVEL_PAGE; level++) {
        uint64_t entry = table[level_index(address.value, level)];

        if (entry == 0)
            return false;
        if (level == LEVEL_PAGE || !arch_descriptor_is_table(entry, level)) {
            *target = paddr(arch_descriptor_address(entry).value | (address.value & (level_size(level) - 1)));
            return true;
        }
        table = entry_table(entry);
    }
    return false;
}
