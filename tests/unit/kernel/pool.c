/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pools: the allocator's accounting, donation, and that everything comes back.
 */
#include "machine.h"

#include <string.h>

#define POOL_SIZE (UINT64_C(1) << 20)

static struct pool *pool_of(unsigned index)
{
    return container_of(root_object(index), struct pool, object);
}

static void blocks_are_zero_aligned_and_apart(void **state)
{
    static void *blocks[4096];
    static uint64_t sizes[4096];
    struct pool *pool = pool_of(make_pool(POOL_SIZE));
    unsigned count = 0;
    uint64_t used = pool->used;

    (void)state;
    for (uint64_t size = 1;; size = size * 7 % 9001 + 1) {
        uint8_t *block = pool_allocate(pool, size);
        if (block == NULL)
            break;
        uint64_t rounded = 64;
        while (rounded < size)
            rounded *= 2;
        assert_true(is_aligned((uintptr_t)block - pool->base, rounded));
        assert_true((uintptr_t)block >= pool->base + pool->start);
        assert_true((uintptr_t)block + rounded <= pool->base + pool->size);
        for (uint64_t i = 0; i < rounded; i++)
            assert_int_equal(block[i], 0);
        memset(block, (int)count, rounded);
        blocks[count] = block;
        sizes[count++] = rounded;
        used += rounded;
        assert_int_equal(pool->used, used);
    }
    assert_true(count > 100);
    for (unsigned i = 0; i < count; i++) {
        for (uint64_t b = 0; b < sizes[i]; b++)
            assert_int_equal(((uint8_t *)blocks[i])[b], (uint8_t)i);
        pool_free(pool, blocks[i]);
    }
    assert_int_equal(pool->used, 0);
}

/* After everything was freed in any order, the largest blocks can be had again. */
static void free_blocks_merge(void **state)
{
    static void *blocks[POOL_SIZE / 64];
    struct pool *pool = pool_of(make_pool(POOL_SIZE));
    unsigned large = 0;
    unsigned small = 0;

    (void)state;
    while ((blocks[large] = pool_allocate(pool, 65536)) != NULL)
        large++;
    assert_true(large >= POOL_SIZE / 65536 - 2);
    for (unsigned i = 0; i < large; i++)
        pool_free(pool, blocks[i]);
    while ((blocks[small] = pool_allocate(pool, 64)) != NULL)
        small++;
    assert_int_equal(pool->used, (uint64_t)small * 64);
    for (unsigned stride = 7, i = 0, n = 0; n < small; n++, i = (i + stride) % small) {
        while (blocks[i] == NULL)
            i = (i + 1) % small;
        pool_free(pool, blocks[i]);
        blocks[i] = NULL;
    }
    assert_int_equal(pool->used, 0);
    for (unsigned i = 0; i < large; i++)
        assert_non_null(pool_allocate(pool, 65536));
    assert_null(pool_allocate(pool, 65537));
}

static void smallest_pool(void **state)
{
    struct pool *pool = pool_of(make_pool(POOL_SIZE_MIN));

    (void)state;
    assert_non_null(pool_allocate(pool, 4096));
    assert_null(pool_allocate(pool, 16384));
}

static void refusals(void **state)
{
    unsigned parent = make_pool(POOL_SIZE);
    unsigned memory = make_memory(POOL_SIZE);
    unsigned index = fresh();

    (void)state;
    REFUSE(SLOT_TAKEN, pool_create_pool, parent, parent, memory, 0, POOL_SIZE_MIN);
    REFUSE(BAD_CAPABILITY, pool_create_pool, parent, ROOT_CAPABILITIES, memory, 0, POOL_SIZE_MIN);
    REFUSE(BAD_CAPABILITY, pool_create_pool, parent, 0, memory, 0, POOL_SIZE_MIN);
    REFUSE(BAD_ARGUMENT, pool_create_pool, BOOT_CAP_POOL, index, BOOT_CAP_DEVICE, 0, POOL_SIZE_MIN);
    REFUSE(BAD_ARGUMENT, pool_create_pool, BOOT_CAP_POOL, index, BOOT_CAP_PLAN, 0, PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, pool_create_pool, parent, index, memory, 0, POOL_SIZE_MIN - PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, pool_create_pool, parent, index, memory, 0, POOL_SIZE_MIN + 64);
    REFUSE(BAD_ARGUMENT, pool_create_pool, parent, index, memory, 64, POOL_SIZE_MIN);
    REFUSE(BAD_ARGUMENT, pool_create_pool, parent, index, memory, PAGE_SIZE, POOL_SIZE);
    REFUSE(BAD_ARGUMENT, pool_create_pool, parent, index, memory, UINT64_MAX - PAGE_SIZE + 1, POOL_SIZE_MIN);
    REFUSE(BAD_ARGUMENT, pool_create_pool, parent, index, memory, 0, UINT64_MAX - PAGE_SIZE + 1);
    EXPECT(pool_create_pool, parent, index, memory, 0, POOL_SIZE_MIN);
    unsigned second = fresh();
    REFUSE(OVERLAP, pool_create_pool, parent, second, memory, POOL_SIZE_MIN - PAGE_SIZE, POOL_SIZE_MIN);
    EXPECT(pool_create_pool, parent, second, memory, POOL_SIZE_MIN, POOL_SIZE_MIN);

    REFUSE(BAD_ARGUMENT, pool_power, BOOT_CAP_POOL, 2);
    REFUSE(BAD_STATE, pool_power, parent, QUOLL_POWER_OFF);
    assert_int_equal(host.power, -1);
    (void)INVOKE(pool_power, BOOT_CAP_POOL, QUOLL_POWER_RESET);
    assert_int_equal(host.power, QUOLL_POWER_RESET);
    REFUSE(SELF, any_destroy, BOOT_CAP_POOL);
    REFUSE(BAD_STATE, any_destroy, BOOT_CAP_DEVICE);
}

static void status_counts(void **state)
{
    unsigned pool = make_pool(POOL_SIZE);

    (void)state;
    EXPECT(pool_status, pool);
    assert_int_equal(result(core->current, 0), POOL_SIZE);
    assert_int_equal(result(core->current, 1), 0);
    assert_int_equal(result(core->current, 2), 0);
    unsigned notification = make_notification(pool);
    EXPECT(pool_status, pool);
    assert_true(result(core->current, 1) >= sizeof(struct notification));
    assert_int_equal(result(core->current, 2), 1);
    EXPECT(any_destroy, notification);
    EXPECT(pool_status, pool);
    assert_int_equal(result(core->current, 1), 0);
    assert_int_equal(result(core->current, 2), 0);
    REFUSE(BAD_CAPABILITY, any_destroy, notification);
}

/* Pools in pools, as deep as they go; the end of the first ends all, and every byte is zero and free again. */
static void destroying_ends_all_in_it(void **state)
{
    uint64_t used = root_pool()->used;
    unsigned first = make_pool(POOL_SIZE);
    unsigned memory = fresh();
    const struct pool *pool = pool_of(first);
    uint8_t *bytes = paddr_pointer(paddr(pool->base));
    unsigned pools[POOL_DEPTH_MAX] = {first};

    (void)state;
    EXPECT(pool_create_memory, first, memory, BOOT_CAP_RAM, POOL_SIZE, POOL_SIZE);
    for (unsigned depth = 1; depth + 1 < POOL_DEPTH_MAX; depth++) {
        pools[depth] = fresh();
        EXPECT(pool_create_pool, pools[depth - 1], pools[depth], memory, depth * POOL_SIZE_MIN * 4, POOL_SIZE_MIN * 4);
        struct program program = make_program(pools[depth], 10, 0, 0);
        (void)make_portal(pools[depth], &program, 7);
        start_program(&program);
    }
    REFUSE(TOO_DEEP, pool_create_pool, pools[POOL_DEPTH_MAX - 2], fresh(), memory, 0, POOL_SIZE_MIN);

    host.preempt_every = 3;
    EXPECT(any_destroy, first);
    host.preempt_every = 0;
    for (unsigned depth = 0; depth + 1 < POOL_DEPTH_MAX; depth++)
        assert_null(domain_slot(root_thread()->domain, pools[depth])->object);
    assert_null(domain_slot(root_thread()->domain, memory)->object);
    assert_int_equal(root_pool()->used, used);
    for (uint64_t i = 0; i < 2 * POOL_SIZE; i++)
        assert_int_equal(bytes[i], 0);
    EXPECT(pool_create_pool, BOOT_CAP_POOL, first, BOOT_CAP_RAM, 0, 2 * POOL_SIZE);
}

/* A destroyer that stops half-way leaves a dying pool that the end of its parent finishes. */
static void destruction_can_be_taken_over(void **state)
{
    uint64_t used = root_pool()->used;
    unsigned outer = make_pool(POOL_SIZE);
    unsigned inner = fresh();
    unsigned memory = make_memory(POOL_SIZE);
    uint64_t with_memory = 0;

    (void)state;
    EXPECT(pool_create_pool, outer, inner, memory, 0, POOL_SIZE);
    for (unsigned i = 0; i < 40; i++)
        (void)make_notification(inner);
    for (unsigned step = 0; step < 10; step++)
        assert_int_equal(object_destroy_step(root_object(inner), domain_slot(root_thread()->domain, inner)),
                         PROGRESS_MORE);
    EXPECT(any_destroy, outer);
    assert_null(domain_slot(root_thread()->domain, inner)->object);
    with_memory = root_pool()->used;
    EXPECT(any_destroy, memory);
    assert_true(with_memory > used);
    assert_int_equal(root_pool()->used, used);
}

/* A pool that is being destroyed answers nobody, but can be destroyed on. */
static void dying_pool_is_not_found(void **state)
{
    unsigned pool = make_pool(POOL_SIZE);
    struct object *object = root_object(pool);
    struct slot *slot = domain_slot(root_thread()->domain, pool);

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        (void)make_notification(pool);
    for (unsigned step = 0; step < 3; step++)
        assert_int_equal(object_destroy_step(object, slot), PROGRESS_MORE);
    REFUSE(BAD_CAPABILITY, pool_status, pool);
    REFUSE(BAD_CAPABILITY, pool_create_notification, pool, fresh());
    REFUSE(BAD_CAPABILITY, domain_copy, BOOT_CAP_DOMAIN, fresh(), pool, QUOLL_RIGHTS_ALL, 0);
    EXPECT(any_destroy, pool);
    REFUSE(BAD_CAPABILITY, any_destroy, pool);
}

/* A thread asks for the end of what holds it. */
static void self_destruction_is_refused(void **state)
{
    unsigned outer = make_pool(POOL_SIZE);
    unsigned memory = make_memory(POOL_SIZE);
    unsigned inner = fresh();

    (void)state;
    EXPECT(pool_create_pool, outer, inner, memory, 0, POOL_SIZE / 2);
    struct program program = make_program(inner, 100, 100000, 1000000);
    give(&program, OWN_FIRST, inner, QUOLL_RIGHTS_ALL, 0);
    give(&program, OWN_FIRST + 1, outer, QUOLL_RIGHTS_ALL, 0);
    give(&program, OWN_FIRST + 2, program.domain, QUOLL_RIGHTS_ALL, 0);
    give(&program, OWN_FIRST + 3, program.thread_index, QUOLL_RIGHTS_ALL, 0);
    give(&program, OWN_FIRST + 4, memory, QUOLL_RIGHTS_ALL, 0);
    start_program(&program);
    root_rest();
    assert_current(program);
    for (unsigned i = 0; i <= 4; i++)
        REFUSE(SELF, any_destroy, OWN_FIRST + i);
    /* Root can, and the program is gone. */
    root_run();
    EXPECT(any_destroy, outer);
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_null(core->current);
}

int test_pool(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blocks_are_zero_aligned_and_apart, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(free_blocks_merge, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(smallest_pool, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(refusals, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(status_counts, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(destroying_ends_all_in_it, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(destruction_can_be_taken_over, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(dying_pool_is_not_found, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(self_destruction_is_refused, machine_start, machine_stop),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
