/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory and address spaces: who may map what where, table entries as large as they can be, and nothing left behind.
 */
#include "machine.h"

#include <string.h>

#include "translation.h"

#define POOL_SIZE (UINT64_C(1) << 20)
#define MIB       (UINT64_C(1) << 20)

enum { READ_WRITE = QUOLL_MAP_READ | QUOLL_MAP_WRITE };

static unsigned pool;
static struct program program;

static int start(void **state)
{
    machine_start(state);
    pool = make_pool(POOL_SIZE);
    program = make_program(pool, 10, 0, 0);
    return 0;
}

static struct memory *memory_of(unsigned index)
{
    return container_of(root_object(index), struct memory, object);
}

/* Where the program's address leads, or UINT64_MAX. */
static uint64_t leads_to(uint64_t address)
{
    paddr_t target = {0};

    return space_find(&program.thread->domain->space, ipa(address), &target) ? target.value : UINT64_MAX;
}

/* The level-2 entry of an address, 0 when there is none. */
static uint64_t level2_entry(uint64_t address)
{
    const uint64_t *root = program.thread->domain->space.root;
    uint64_t entry = root[address >> 30 & 511];

    return entry == 0 ? 0 : ((uint64_t *)paddr_pointer(arch_descriptor_address(entry)))[address >> 21 & 511];
}

static uint64_t map(unsigned memory, uint64_t address, uint64_t offset, uint64_t size, uint64_t attributes)
{
    return INVOKE(domain_map, program.domain, memory, pool, address, offset, size, attributes);
}

static void pages_and_blocks(void **state)
{
    unsigned memory = fresh();
    uint64_t base = 0;

    (void)state;
    /* 8 MiB, aligned to a page only where the pieces before left off: take an aligned stretch of RAM by hand. */
    EXPECT(pool_create_memory, BOOT_CAP_POOL, memory, BOOT_CAP_RAM, 8 * MIB, 8 * MIB);
    base = memory_of(memory)->base.value;
    assert_true(is_aligned(base, BLOCK_SIZE));
    /* Page, block, block, page: 4 KiB before a 2 MiB boundary on both sides. */
    assert_int_equal(map(memory, 4 * MIB - PAGE_SIZE, 2 * MIB - PAGE_SIZE, 4 * MIB + 2 * PAGE_SIZE, READ_WRITE), 0);
    assert_int_equal(leads_to(4 * MIB - PAGE_SIZE), base + 2 * MIB - PAGE_SIZE);
    assert_int_equal(leads_to(4 * MIB), base + 2 * MIB);
    assert_int_equal(leads_to(8 * MIB), base + 6 * MIB);
    assert_int_equal(leads_to(8 * MIB + PAGE_SIZE), UINT64_MAX);
    assert_int_equal(leads_to(4 * MIB - 2 * PAGE_SIZE), UINT64_MAX);
    assert_true(arch_descriptor_is_table(level2_entry(2 * MIB), 2));
    assert_false(arch_descriptor_is_table(level2_entry(4 * MIB), 2));
    assert_false(arch_descriptor_is_table(level2_entry(6 * MIB), 2));
    assert_true(arch_descriptor_is_table(level2_entry(8 * MIB), 2));
    assert_int_equal(level2_entry(4 * MIB) >> HOST_ATTRIBUTES_SHIFT, READ_WRITE);
    assert_int_equal(memory_of(memory)->mapped, 1);

    /* Different alignment of address and memory: pages. */
    assert_int_equal(map(memory, 64 * MIB + PAGE_SIZE, 0, 4 * MIB, QUOLL_MAP_READ), 0);
    assert_true(arch_descriptor_is_table(level2_entry(66 * MIB), 2));
    assert_int_equal(leads_to(66 * MIB), base + 2 * MIB - PAGE_SIZE);

    EXPECT(domain_unmap, program.domain, 4 * MIB - PAGE_SIZE);
    assert_int_equal(leads_to(4 * MIB), UINT64_MAX);
    assert_int_equal(leads_to(8 * MIB), UINT64_MAX);
    EXPECT(domain_unmap, program.domain, 64 * MIB + PAGE_SIZE);
    assert_int_equal(memory_of(memory)->mapped, 0);

    /* A block where an emptied table stood, and the other way round. */
    assert_int_equal(map(memory, 2 * MIB, 0, 2 * MIB, QUOLL_MAP_READ), 0);
    assert_false(arch_descriptor_is_table(level2_entry(2 * MIB), 2));
    EXPECT(domain_unmap, program.domain, 2 * MIB);
    assert_int_equal(map(memory, 2 * MIB, 0, PAGE_SIZE, QUOLL_MAP_READ), 0);
    assert_true(arch_descriptor_is_table(level2_entry(2 * MIB), 2));
}

static void flushes_are_counted(void **state)
{
    unsigned memory = make_memory(100 * PAGE_SIZE);

    (void)state;
    assert_int_equal(map(memory, MIB, 0, 100 * PAGE_SIZE, QUOLL_MAP_READ), 0);
    /* Making an entry valid needs no TLB maintenance, but the walker has to see it. */
    assert_int_equal(host.tlb_pages, 0);
    assert_true(host.table_barriers >= 2);
    EXPECT(domain_unmap, program.domain, MIB);
    assert_int_equal(host.tlb_pages, 100);
    assert_int_equal(host.tlb_pages_flushes, (100 + TRANSLATION_UNMAP_BATCH - 1) / TRANSLATION_UNMAP_BATCH);
    EXPECT(any_destroy, program.domain);
    assert_int_equal(host.tlb_space_flushes, 1);
}

static void map_refuses(void **state)
{
    unsigned memory = make_memory(16 * PAGE_SIZE);
    unsigned read_only = fresh();

    (void)state;
    assert_int_equal(map(memory, 0, 0, 0, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 1, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, 64, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, 0, PAGE_SIZE + 1, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, 0, 17 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, 16 * PAGE_SIZE, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, UINT64_MAX - PAGE_SIZE + 1, 2 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, QUOLL_ADDRESS_LIMIT, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, QUOLL_ADDRESS_LIMIT - PAGE_SIZE, 0, 2 * PAGE_SIZE, QUOLL_MAP_READ),
                     QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, UINT64_MAX - PAGE_SIZE + 1, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, 0, PAGE_SIZE, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, 0, PAGE_SIZE, QUOLL_MAP_WRITE), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, 0, PAGE_SIZE, QUOLL_MAP_READ | 1 << 4), QUOLL_BAD_ARGUMENT);
    assert_int_equal(map(memory, 0, 0, PAGE_SIZE, READ_WRITE | QUOLL_MAP_EXECUTE), QUOLL_BAD_ARGUMENT);

    EXPECT(domain_copy, BOOT_CAP_DOMAIN, read_only, memory, QUOLL_RIGHT_READ, 0);
    assert_int_equal(map(read_only, 0, 0, PAGE_SIZE, READ_WRITE), QUOLL_NO_RIGHT);
    assert_int_equal(map(read_only, 0, 0, PAGE_SIZE, QUOLL_MAP_READ | QUOLL_MAP_EXECUTE), QUOLL_NO_RIGHT);
    assert_int_equal(map(read_only, 0, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);

    assert_int_equal(map(memory, 0, PAGE_SIZE, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OVERLAP);
    assert_int_equal(map(memory, 4 * PAGE_SIZE, 0, 4 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
    assert_int_equal(map(memory, 3 * PAGE_SIZE, 0, 2 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OVERLAP);
    assert_int_equal(map(memory, 7 * PAGE_SIZE, 0, 2 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OVERLAP);
    assert_int_equal(map(memory, 3 * PAGE_SIZE, 0, 6 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OVERLAP);
    assert_int_equal(map(memory, 5 * PAGE_SIZE, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OVERLAP);
    assert_int_equal(map(memory, 8 * PAGE_SIZE, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
    assert_int_equal(map(memory, QUOLL_ADDRESS_LIMIT - PAGE_SIZE, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
    REFUSE(NOT_FOUND, domain_unmap, program.domain, 5 * PAGE_SIZE);
    REFUSE(NOT_FOUND, domain_unmap, program.domain, PAGE_SIZE);
    REFUSE(NOT_FOUND, domain_unmap, program.domain, UINT64_MAX);
}

static void vm_domains_may_write_code(void **state)
{
    unsigned vm = make_domain(pool, QUOLL_DOMAIN_VM);
    unsigned memory = make_memory(PAGE_SIZE);

    (void)state;
    EXPECT(domain_map, vm, memory, pool, 0, 0, PAGE_SIZE, READ_WRITE | QUOLL_MAP_EXECUTE);
}

static void create_domain_refuses(void **state)
{
    (void)state;
    REFUSE(BAD_ARGUMENT, pool_create_domain, pool, fresh(), 2, 16);
    REFUSE(BAD_ARGUMENT, pool_create_domain, pool, fresh(), QUOLL_DOMAIN_NATIVE, 0);
    REFUSE(BAD_ARGUMENT, pool_create_domain, pool, fresh(), QUOLL_DOMAIN_NATIVE, QUOLL_CAPABILITIES_MAX + 1);
    REFUSE(SLOT_TAKEN, pool_create_domain, pool, pool, QUOLL_DOMAIN_NATIVE, 16);
    unsigned small = make_pool(POOL_SIZE_MIN);
    uint64_t used = container_of(root_object(small), struct pool, object)->used;
    REFUSE(NO_MEMORY, pool_create_domain, small, fresh(), QUOLL_DOMAIN_NATIVE, QUOLL_CAPABILITIES_MAX);
    assert_int_equal(container_of(root_object(small), struct pool, object)->used, used);
    host.vmid_count = 2;
    REFUSE(NO_SPACE, pool_create_domain, pool, fresh(), QUOLL_DOMAIN_NATIVE, 16);
    EXPECT(any_destroy, program.domain);
    unsigned index = fresh();
    REFUSE(NO_SPACE, pool_create_domain, pool, index, QUOLL_DOMAIN_NATIVE, 16); /* 1 is root's */
    host.vmid_count = 3;
    EXPECT(pool_create_domain, pool, index, QUOLL_DOMAIN_NATIVE, 16);
}

/* A mapping whose tables do not fit into the pool: nothing stays mapped and nothing allocated but empty tables. */
static void no_memory_for_tables(void **state)
{
    unsigned small = make_pool(16 * PAGE_SIZE);
    unsigned memory = make_memory(4 * MIB);
    unsigned domain = fresh();

    (void)state;
    EXPECT(pool_create_domain, small, domain, QUOLL_DOMAIN_NATIVE, 16);
    struct domain *made = container_of(root_object(domain), struct domain, object);
    struct pool *holder = container_of(root_object(small), struct pool, object);
    void *held[16] = {0};
    unsigned tables = 0;
    while (tables < 16 && (held[tables] = pool_allocate(holder, PAGE_SIZE)) != NULL)
        tables++;
    assert_in_range(tables, 1, 15);
    for (unsigned preempt = 0; preempt < 3; preempt++) {
        uint64_t address = (UINT64_C(1) + preempt) << 30;
        uint64_t used = holder->used;
        host.preempt_every = preempt == 0 ? 0 : preempt + 1;
        REFUSE(NO_MEMORY, domain_map, domain, memory, small, address + PAGE_SIZE, 0, 4 * MIB - PAGE_SIZE,
               QUOLL_MAP_READ);
        host.preempt_every = 0;
        assert_int_equal(memory_of(memory)->mapped, 0);
        assert_null(made->mappings.root);
        assert_int_equal(holder->used, used);
    }
    while (tables > 0)
        pool_free(holder, held[--tables]);
}

static void partial_tables_roll_back(void **state)
{
    unsigned small = make_pool(64 * PAGE_SIZE);
    unsigned memory = make_memory(8 * MIB);
    unsigned domain = fresh();
    void *held[64] = {0};
    unsigned count = 0;

    (void)state;
    EXPECT(pool_create_domain, small, domain, QUOLL_DOMAIN_NATIVE, 16);
    struct domain *made = container_of(root_object(domain), struct domain, object);
    struct pool *holder = container_of(root_object(small), struct pool, object);
    while ((held[count] = pool_allocate(holder, PAGE_SIZE)) != NULL)
        count++;
    assert_true(count > 3);
    for (unsigned i = 1; i <= 3; i++)
        pool_free(holder, held[count - i]);
    host.preempt_every = 2;
    REFUSE(NO_MEMORY, domain_map, domain, memory, small, PAGE_SIZE, 0, 7 * MIB, QUOLL_MAP_READ);
    host.preempt_every = 0;
    assert_null(made->mappings.root);
    assert_int_equal(memory_of(memory)->mapped, 0);
    paddr_t target = {0};
    assert_false(space_find(&made->space, ipa(PAGE_SIZE), &target));
    assert_false(space_find(&made->space, ipa(2 * MIB), &target));
    /* The empty tables serve the next mapping. */
    EXPECT(domain_map, domain, memory, small, PAGE_SIZE, 0, PAGE_SIZE, QUOLL_MAP_READ);
    EXPECT(any_destroy, domain);
    assert_int_equal(holder->used, (uint64_t)(count - 3) * PAGE_SIZE);
}

static void interrupted_map_and_unmap(void **state)
{
    unsigned memory = make_memory(700 * PAGE_SIZE);

    (void)state;
    for (unsigned every = 1; every < 4; every++) {
        uint64_t address = every * 16 * MIB + PAGE_SIZE;

        host.preempt_every = every;
        assert_int_equal(map(memory, address, 0, 700 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
        for (uint64_t i = 0; i < 700; i++)
            assert_int_equal(leads_to(address + i * PAGE_SIZE), memory_of(memory)->base.value + i * PAGE_SIZE);
        EXPECT(domain_unmap, program.domain, address);
        for (uint64_t i = 0; i < 700; i++)
            assert_int_equal(leads_to(address + i * PAGE_SIZE), UINT64_MAX);
        host.preempt_every = 0;
    }
    assert_int_equal(memory_of(memory)->mapped, 0);
}

static void subdivision(void **state)
{
    unsigned memory = make_memory(64 * PAGE_SIZE);
    unsigned low = fresh();
    unsigned high = fresh();
    unsigned other = fresh();
    unsigned within = fresh();

    (void)state;
    EXPECT(pool_create_memory, pool, low, memory, 0, 16 * PAGE_SIZE);
    EXPECT(pool_create_memory, pool, high, memory, 48 * PAGE_SIZE, 16 * PAGE_SIZE);
    assert_int_equal(memory_of(high)->base.value, memory_of(memory)->base.value + 48 * PAGE_SIZE);
    REFUSE(OVERLAP, pool_create_memory, pool, other, memory, 15 * PAGE_SIZE, PAGE_SIZE);
    REFUSE(OVERLAP, pool_create_memory, pool, other, memory, 16 * PAGE_SIZE, 33 * PAGE_SIZE);
    REFUSE(OVERLAP, pool_create_memory, pool, other, memory, 0, 64 * PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, pool_create_memory, pool, other, memory, 0, 65 * PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, pool_create_memory, pool, other, memory, 1, PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, pool_create_memory, pool, other, memory, 0, 0);
    REFUSE(BAD_ARGUMENT, pool_create_memory, pool, other, memory, 16 * PAGE_SIZE, UINT64_MAX - PAGE_SIZE + 1);
    REFUSE(SLOT_TAKEN, pool_create_memory, pool, low, memory, 16 * PAGE_SIZE, PAGE_SIZE);
    EXPECT(pool_create_memory, pool, other, memory, 16 * PAGE_SIZE, 32 * PAGE_SIZE);

    /* Subdivided or mapped, never both. */
    assert_int_equal(map(memory, 0, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_BUSY);
    assert_int_equal(map(low, 0, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
    REFUSE(BUSY, pool_create_memory, pool, within, low, 0, PAGE_SIZE);
    EXPECT(domain_unmap, program.domain, 0);
    EXPECT(pool_create_memory, pool, within, low, 0, PAGE_SIZE);

    /* A child outlives no parent. */
    EXPECT(any_destroy, memory);
    const unsigned gone[] = {low, high, other, within};
    for (unsigned i = 0; i < 4; i++)
        assert_null(domain_slot(root_thread()->domain, gone[i])->object);
}

/* What is smaller has no more rights than what it came from, and deeper than eight does not go. */
static void rights_and_depth(void **state)
{
    unsigned memory = make_memory(16 * PAGE_SIZE);
    unsigned narrow = fresh();
    unsigned child = fresh();

    (void)state;
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, narrow, memory, QUOLL_RIGHT_READ | QUOLL_RIGHT_CREATE, 0);
    EXPECT(pool_create_memory, pool, child, narrow, 0, 16 * PAGE_SIZE);
    EXPECT(domain_inspect, BOOT_CAP_DOMAIN, child);
    assert_int_equal(result(core->current, 1), QUOLL_RIGHT_READ | QUOLL_RIGHT_CREATE);
    REFUSE(NO_RIGHT, memory_address, child);
    EXPECT(memory_address, memory);
    assert_int_equal(result(core->current, 0), memory_of(memory)->base.value);
    EXPECT(memory_status, child);
    assert_int_equal(result(core->current, 0), 16 * PAGE_SIZE);
    assert_int_equal(result(core->current, 1), QUOLL_MEMORY_RAM);
    EXPECT(memory_status, BOOT_CAP_DEVICE);
    assert_int_equal(result(core->current, 1), QUOLL_MEMORY_DEVICE);
    EXPECT(memory_status, BOOT_CAP_PLAN);
    assert_int_equal(result(core->current, 1), QUOLL_MEMORY_IMAGE);
    while (memory_of(child)->depth + 1 < MEMORY_DEPTH_MAX) {
        unsigned next = fresh();
        EXPECT(pool_create_memory, pool, next, child, 0, PAGE_SIZE);
        child = next;
    }
    REFUSE(TOO_DEEP, pool_create_memory, pool, fresh(), child, 0, PAGE_SIZE);
}

/* A child's pool has to lie below its parent's, or the child could outlive it. */
static void lifetimes_nest(void **state)
{
    unsigned outer = make_pool(POOL_SIZE);
    unsigned memory = fresh();

    (void)state;
    EXPECT(pool_create_memory, outer, memory, BOOT_CAP_RAM, 32 * MIB, MIB);
    REFUSE(BAD_ARGUMENT, pool_create_memory, pool, fresh(), memory, 0, PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, pool_create_pool, pool, fresh(), memory, 0, POOL_SIZE_MIN);
    EXPECT(pool_create_pool, outer, fresh(), memory, 0, POOL_SIZE_MIN);
}

static void memory_changes_owner_zeroed(void **state)
{
    unsigned memory = make_memory(16 * PAGE_SIZE);
    uint8_t *bytes = paddr_pointer(memory_of(memory)->base);
    unsigned child = fresh();

    (void)state;
    for (uint64_t i = 0; i < 16 * PAGE_SIZE; i++)
        assert_int_equal(bytes[i], 0);
    EXPECT(pool_create_memory, pool, child, memory, 4 * PAGE_SIZE, 8 * PAGE_SIZE);
    memset(bytes, 0x5a, 16 * PAGE_SIZE);
    host.preempt_every = 2;
    EXPECT(any_destroy, child);
    host.preempt_every = 0;
    for (uint64_t i = 0; i < 16 * PAGE_SIZE; i++)
        assert_int_equal(bytes[i], i >= 4 * PAGE_SIZE && i < 12 * PAGE_SIZE ? 0 : 0x5a);
    EXPECT(any_destroy, memory);
    for (uint64_t i = 0; i < 16 * PAGE_SIZE; i++)
        assert_int_equal(bytes[i], 0);
}

static void revoke_takes_overlapping_mappings(void **state)
{
    unsigned memory = make_memory(16 * PAGE_SIZE);
    unsigned low = fresh();
    unsigned high = fresh();

    (void)state;
    EXPECT(pool_create_memory, pool, low, memory, 0, 8 * PAGE_SIZE);
    EXPECT(pool_create_memory, pool, high, memory, 8 * PAGE_SIZE, 8 * PAGE_SIZE);
    for (unsigned every = 0; every < 8; every = every == 0 ? 4 : every + 1) {
        host.preempt_every = every;
        assert_int_equal(map(low, MIB, 0, 2 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
        assert_int_equal(map(low, 2 * MIB, 6 * PAGE_SIZE, 2 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
        assert_int_equal(map(high, 3 * MIB, 0, 8 * PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
        /* [7, 9): the second and the third go, whole. */
        EXPECT(memory_revoke, memory, 7 * PAGE_SIZE, 2 * PAGE_SIZE);
        assert_int_not_equal(leads_to(MIB), UINT64_MAX);
        assert_int_equal(leads_to(2 * MIB), UINT64_MAX);
        assert_int_equal(leads_to(3 * MIB + 7 * PAGE_SIZE), UINT64_MAX);
        EXPECT(memory_revoke, memory, 2 * PAGE_SIZE, 14 * PAGE_SIZE);
        assert_int_not_equal(leads_to(MIB), UINT64_MAX);
        EXPECT(memory_revoke, memory, PAGE_SIZE, PAGE_SIZE);
        assert_int_equal(leads_to(MIB), UINT64_MAX);
        assert_int_equal(memory_of(memory)->mapped, 0);
    }
    host.preempt_every = 0;
    REFUSE(BAD_ARGUMENT, memory_revoke, memory, 0, 0);
    REFUSE(BAD_ARGUMENT, memory_revoke, memory, 1, PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, memory_revoke, memory, 0, 17 * PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, memory_revoke, memory, 16 * PAGE_SIZE, PAGE_SIZE);
    EXPECT(memory_revoke, memory, 0, 16 * PAGE_SIZE);
}

/* Mappings are counted in the mapper's pool; each way to end one gives it back. */
static void every_end_of_a_mapping(void **state)
{
    struct pool *holder = container_of(root_object(pool), struct pool, object);
    unsigned memory = make_memory(4 * PAGE_SIZE);

    (void)state;
    assert_int_equal(map(memory, MIB, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
    EXPECT(domain_unmap, program.domain, MIB);
    uint64_t with_tables = holder->used;
    assert_int_equal(map(memory, MIB, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
    assert_true(holder->used > with_tables);
    EXPECT(any_destroy, memory);
    assert_int_equal(holder->used, with_tables);
    assert_int_equal(leads_to(MIB), UINT64_MAX);

    /* The mapper's pool ends: the mapping goes, the domain stays. */
    unsigned mapper = make_pool(POOL_SIZE);
    memory = make_memory(4 * PAGE_SIZE);
    EXPECT(domain_map, program.domain, memory, mapper, MIB, 0, PAGE_SIZE, QUOLL_MAP_READ);
    assert_int_equal(holder->used, with_tables);
    EXPECT(any_destroy, mapper);
    assert_int_equal(leads_to(MIB), UINT64_MAX);
    assert_int_equal(memory_of(memory)->mapped, 0);

    /* The domain ends. */
    assert_int_equal(map(memory, MIB, 0, PAGE_SIZE, QUOLL_MAP_READ), QUOLL_OK);
    EXPECT(any_destroy, program.domain);
    assert_int_equal(memory_of(memory)->mapped, 0);
    assert_int_equal(holder->used, 0);
}

int test_memory(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_and_blocks, start, machine_stop),
        cmocka_unit_test_setup_teardown(flushes_are_counted, start, machine_stop),
        cmocka_unit_test_setup_teardown(map_refuses, start, machine_stop),
        cmocka_unit_test_setup_teardown(vm_domains_may_write_code, start, machine_stop),
        cmocka_unit_test_setup_teardown(create_domain_refuses, start, machine_stop),
        cmocka_unit_test_setup_teardown(no_memory_for_tables, start, machine_stop),
        cmocka_unit_test_setup_teardown(partial_tables_roll_back, start, machine_stop),
        cmocka_unit_test_setup_teardown(interrupted_map_and_unmap, start, machine_stop),
        cmocka_unit_test_setup_teardown(subdivision, start, machine_stop),
        cmocka_unit_test_setup_teardown(rights_and_depth, start, machine_stop),
        cmocka_unit_test_setup_teardown(lifetimes_nest, start, machine_stop),
        cmocka_unit_test_setup_teardown(memory_changes_owner_zeroed, start, machine_stop),
        cmocka_unit_test_setup_teardown(revoke_takes_overlapping_mappings, start, machine_stop),
        cmocka_unit_test_setup_teardown(every_end_of_a_mapping, start, machine_stop),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
