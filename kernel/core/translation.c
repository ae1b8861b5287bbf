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
enum { FREE_BATCH = 16 }; /* entries looked at in one step of destruction */

/* Bit set: given to a domain, or 0, which never is. Protection: capability lock */
static uint64_t vmids[VMID_WORDS] = {1};
static unsigned vmids_given; /* without 0 */

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
    for (unsigned word = 0; word < VMID_WORDS; word++) {
        uint64_t free = ~vmids[word];
        unsigned vmid = free != 0 ? word * 64 + (unsigned)__builtin_ctzll(free) : arch_vmid_count();

        if (vmid < arch_vmid_count()) {
            vmids[word] |= free & -free;
            vmids_given++;
            return vmid;
        }
    }
    return 0;
}

static void vmid_free(unsigned vmid)
{
    vmids[vmid / 64] &= ~(UINT64_C(1) << (vmid % 64));
    vmids_given--;
}

/* The last ones are for pools that have few, so that nobody keeps anybody from being made again. */
static bool is_left_for(const struct pool *pool)
{
    return pool_may_have_domain(pool) || vmids_given + 1 + QUOLL_DOMAINS_KEPT < arch_vmid_count();
}

int space_init(struct space *space, struct pool *pool)
{
    unsigned vmid = !arch_fault() && is_left_for(pool) ? vmid_allocate() : 0;

    if (vmid == 0)
        return QUOLL_NO_SPACE;
    space->root = pool_allocate(pool, PAGE_SIZE);
    if (space->root == NULL) {
        vmid_free(vmid);
        return QUOLL_NO_MEMORY;
    }
    space->vmid = vmid;
    space->pool = pool;
    return QUOLL_OK;
}

/* The table below one entry of level 2, or when that was the last one the table of level 2 itself. */
static bool free_table(struct space *space)
{
    uint64_t *entry = &space->root[space->freed / ENTRIES];
    uint64_t *level2 = entry_table(*entry);
    uint64_t *below = &level2[space->freed % ENTRIES];

    if (*below != 0) {
        CHECK(arch_descriptor_is_table(*below, LEVEL_BLOCK));
        pool_free(space->pool, entry_table(*below));
        *below = 0;
        return true;
    }
    if (++space->freed % ENTRIES != 0)
        return false;
    pool_free(space->pool, level2);
    *entry = 0;
    return true;
}

bool space_destroy_step(struct space *space)
{
    if (space->root == NULL)
        return false;
    for (unsigned looked = 0; looked < FREE_BATCH; looked++) {
        if (space->freed == ENTRIES * ENTRIES)
            break;
        if (space->root[space->freed / ENTRIES] == 0)
            space->freed += ENTRIES;
        else if (free_table(space))
            return true;
    }
    if (space->freed < ENTRIES * ENTRIES)
        return true;
    arch_barrier_table();
    arch_tlb_flush_space(space->vmid);
    vmid_free(space->vmid);
    pool_free(space->pool, space->root);
    space->root = NULL;
    return false;
}

/* Let an entry lead to a new table. */
static int make_table(struct space *space, uint64_t *entry)
{
    uint64_t *table = pool_allocate(space->pool, PAGE_SIZE);

    if (table == NULL)
        return QUOLL_NO_MEMORY;
    arch_barrier_table();
    *entry = arch_descriptor_table(pointer_paddr(table));
    return QUOLL_OK;
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

static uint64_t smallest(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Write `count` entries, the first of them `descriptor`, the others for what follows it, `step` bytes each. */
static void fill(uint64_t *entry, uint64_t count, uint64_t descriptor, uint64_t step)
{
    const uint64_t *end = entry + count;

    do {
        *entry++ = descriptor;
        descriptor += step;
    } while (entry != end);
}

/* How many entries of `level` may be changed in one go for [address, address + size). */
static uint64_t batch_of(uint64_t address, uint64_t size, unsigned level, uint64_t batch)
{
    return smallest(ENTRIES - level_index(address, level), size / level_size(level), batch);
}

/* Blocks; stops behind the first one that a table had to go for. */
static uint64_t map_blocks(struct space *space, uint64_t *entry, uint64_t address, uint64_t count, uint64_t descriptor)
{
    if (*entry != 0) {
        drop_empty_table(space, entry, address);
        count = 1;
    }
    for (uint64_t i = 1; i < count; i++)
        if (entry[i] != 0)
            count = i;
    fill(entry, count, descriptor, BLOCK_SIZE);
    return count * BLOCK_SIZE;
}

int space_map(struct space *space, ipa_t address, paddr_t target, uint64_t size, uint64_t attributes, bool device,
              uint64_t *done)
{
    uint64_t *entry = &space->root[level_index(address.value, LEVEL_ROOT)];
    uint64_t count = 0;

    *done = 0;
    if (*entry == 0)
        return make_table(space, entry);
    entry = &entry_table(*entry)[level_index(address.value, LEVEL_BLOCK)];
    if (is_aligned(address.value | target.value, BLOCK_SIZE) && size >= BLOCK_SIZE) {
        count = batch_of(address.value, size, LEVEL_BLOCK, TRANSLATION_BLOCK_BATCH);
        *done = map_blocks(space, entry, address.value, count, arch_descriptor_block(target, attributes, device));
    } else if (*entry == 0) {
        return make_table(space, entry);
    } else {
        count = batch_of(address.value, size, LEVEL_PAGE, TRANSLATION_MAP_BATCH);
        entry = &entry_table(*entry)[level_index(address.value, LEVEL_PAGE)];
        fill(entry, count, arch_descriptor_page(target, attributes, device), PAGE_SIZE);
        *done = count * PAGE_SIZE;
    }
    arch_barrier_table();
    return QUOLL_OK;
}

/* Zero mapped entries. */
static void clear_entries(uint64_t *entry, uint64_t count)
{
    for (const uint64_t *end = entry + count; entry != end; entry++) {
        CHECK(*entry != 0);
        *entry = 0;
    }
}

uint64_t space_unmap(struct space *space, ipa_t address, uint64_t size)
{
    uint64_t *level2 = entry_table(space->root[level_index(address.value, LEVEL_ROOT)]);
    uint64_t *entry = &level2[level_index(address.value, LEVEL_BLOCK)];
    unsigned level = arch_descriptor_is_table(*entry, LEVEL_BLOCK) ? LEVEL_PAGE : LEVEL_BLOCK;
    uint64_t count = batch_of(address.value, size, level, TRANSLATION_UNMAP_BATCH);

    if (level == LEVEL_PAGE)
        entry = &entry_table(*entry)[level_index(address.value, LEVEL_PAGE)];
    else
        for (uint64_t i = 1; i < count; i++)
            if (arch_descriptor_is_table(entry[i], LEVEL_BLOCK))
                count = i;
    clear_entries(entry, count);
    arch_barrier_table();
    arch_tlb_flush_pages(space->vmid, address, count * level_size(level), level_size(level));
    return count * level_size(level);
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
