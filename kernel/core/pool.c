/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "pool.h"

#include "arch.h"
#include "calls.h"
#include "check.h"
#include "domain.h"

enum {
    POOL_FREE = 0x80,   /* in pool->order: the block is free */
    CLEAR_BATCH = 2048, /* bytes cleared between two preemption points */
};

static uint64_t order_size(unsigned order)
{
    return UINT64_C(1) << order;
}

static unsigned order_for(uint64_t size)
{
    unsigned order = POOL_ORDER_MIN;

    while (order <= POOL_ORDER_MAX && order_size(order) < size)
        order++;
    return order;
}

static uint8_t *order_entry(struct pool *pool, uint64_t offset)
{
    return &pool->order[offset >> POOL_ORDER_MIN];
}

static void block_put(struct pool *pool, uint64_t offset, unsigned order)
{
    *order_entry(pool, offset) = (uint8_t)(order | POOL_FREE);
    list_prepend(&pool->free[order], (struct list *)(uintptr_t)(pool->base + offset));
    pool->orders |= UINT32_C(1) << order;
}

static void block_take(struct pool *pool, uint64_t offset, unsigned order)
{
    *order_entry(pool, offset) = 0;
    list_remove((struct list *)(uintptr_t)(pool->base + offset));
    if (list_empty(&pool->free[order]))
        pool->orders &= ~(UINT32_C(1) << order);
}

/*
 * Turn some never-used bytes into a free block, aligned to its size: up to 64 KiB, less where the frontier's alignment
 * or the end of the pool asks for it. False at the end.
 */
static bool grow(struct pool *pool)
{
    unsigned order = (unsigned)__builtin_ctzll(pool->frontier | order_size(POOL_ORDER_MAX));

    while (order >= POOL_ORDER_MIN && pool->frontier + order_size(order) > pool->size)
        order--;
    if (order < POOL_ORDER_MIN)
        return false;
    /* A whole number of units: the frontier stays on page boundaries. */
    arch_clear(order_entry(pool, pool->frontier), order_size(order) >> POOL_ORDER_MIN);
    block_put(pool, pool->frontier, order);
    pool->frontier += order_size(order);
    return true;
}

struct pool *pool_init(paddr_t base, uint64_t size, struct pool *parent)
{
    struct pool *pool = paddr_pointer(base);
    uint64_t orders = size >> POOL_ORDER_MIN;
    uint64_t head = (sizeof(*pool) + POOL_UNIT - 1) & ~(POOL_UNIT - 1);

    arch_clear(pool, head);
    pool->base = base.value;
    pool->size = size;
    pool->order = (uint8_t *)pool + head;
    object_init(&pool->object, QUOLL_TYPE_POOL, parent);
    pool->depth = parent != NULL ? (uint8_t)(parent->depth + 1) : 0;
    list_init(&pool->objects);
    for (unsigned order = 0; order <= POOL_ORDER_MAX; order++)
        list_init(&pool->free[order]);
    pool->start = (head + orders + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    pool->frontier = pool->start;
    CHECK(pool->frontier < size);
    if (parent != NULL) {
        list_append(&parent->objects, &pool->object.in_pool);
        parent->object_count++;
    }
    return pool;
}

/* A free block of this order or a larger one; POOL_ORDER_MAX + 1: none. */
static unsigned find_order(const struct pool *pool, unsigned order)
{
    uint32_t orders = pool->orders & ~((UINT32_C(1) << order) - 1);

    return (unsigned)__builtin_ctz(orders | UINT32_C(1) << (POOL_ORDER_MAX + 1));
}

/* A block as it is, or null. */
static void *take_block(struct pool *pool, unsigned wanted)
{
    unsigned order = POOL_ORDER_MAX + 1;
    uint64_t offset = 0;

    if (wanted > POOL_ORDER_MAX || arch_fault())
        return NULL;
    order = find_order(pool, wanted);
    /* Bound: a block of each order up to the first boundary of the largest, and down from the last; at most ten. */
    while (order > POOL_ORDER_MAX && grow(pool))
        order = find_order(pool, wanted);
    if (order > POOL_ORDER_MAX)
        return NULL;
    offset = (uintptr_t)list_first(&pool->free[order]) - pool->base;
    block_take(pool, offset, order);
    while (order > wanted) {
        order--;
        block_put(pool, offset + order_size(order), order);
    }
    *order_entry(pool, offset) = (uint8_t)wanted;
    pool->used += order_size(wanted);
    return (void *)(uintptr_t)(pool->base + offset);
}

static unsigned block_order(struct pool *pool, const void *block)
{
    return *order_entry(pool, (uintptr_t)block - pool->base);
}

void pool_unprepare(struct pool *pool)
{
    if (pool->prepared != NULL)
        pool_free(pool, pool->prepared);
    pool->prepared = NULL;
}

enum progress pool_prepare_step(struct pool *pool, uint64_t size)
{
    unsigned order = order_for(size);

    if (order_size(order) <= CLEAR_BATCH)
        return PROGRESS_DONE;
    if (pool->prepared != NULL && block_order(pool, pool->prepared) != order)
        pool_unprepare(pool);
    if (pool->prepared == NULL) {
        pool->prepared = take_block(pool, order);
        pool->prepared_cleared = 0;
    }
    if (pool->prepared == NULL || pool->prepared_cleared == order_size(order))
        return PROGRESS_DONE;
    arch_clear((char *)pool->prepared + pool->prepared_cleared, CLEAR_BATCH);
    pool->prepared_cleared += CLEAR_BATCH;
    return PROGRESS_MORE;
}

void *pool_allocate(struct pool *pool, uint64_t size)
{
    unsigned order = order_for(size);
    void *block = pool->prepared;

    if (block != NULL && block_order(pool, block) == order && pool->prepared_cleared == order_size(order)) {
        pool->prepared = NULL;
        return block;
    }
    block = take_block(pool, order);
    if (block == NULL && pool->prepared != NULL) {
        pool_unprepare(pool);
        block = take_block(pool, order);
    }
    if (block != NULL)
        arch_clear(block, order_size(order));
    return block;
}

void pool_free(struct pool *pool, void *block)
{
    uint64_t offset = (uintptr_t)block - pool->base;
    unsigned order = *order_entry(pool, offset);

    CHECK(order >= POOL_ORDER_MIN && order <= POOL_ORDER_MAX);
    pool->used -= order_size(order);
    while (order < POOL_ORDER_MAX) {
        uint64_t buddy = offset ^ order_size(order);

        if (buddy < pool->start || buddy + order_size(order) > pool->frontier ||
            *order_entry(pool, buddy) != (order | POOL_FREE))
            break;
        block_take(pool, buddy, order);
        *order_entry(pool, offset) = 0;
        offset = offset < buddy ? offset : buddy;
        order++;
    }
    block_put(pool, offset, order);
}

void *pool_allocate_object(struct pool *pool, uint64_t size, enum quoll_object_type type)
{
    struct object *object = pool_allocate(pool, size);

    if (object == NULL)
        return NULL;
    object_init(object, type, pool);
    list_append(&pool->objects, &object->in_pool);
    pool->object_count++;
    return object;
}

void pool_free_object(struct object *object)
{
    struct pool *pool = object->pool;

    list_remove(&object->in_pool);
    pool->object_count--;
    if (object->type == QUOLL_TYPE_POOL) {
        struct pool *child = container_of(object, struct pool, object);

        /* Its bytes belong to the donated range: only the head, which described it until now, is left to zero. */
        memory_detach(&child->donated);
        arch_memory_zero(paddr(child->base), PAGE_SIZE);
    } else {
        pool_free(pool, object);
    }
}

bool pool_may_have_domain(const struct pool *pool)
{
    for (; pool != NULL && !pool->root; pool = pool->object.pool)
        if (pool->domains >= QUOLL_POOL_DOMAINS_SURE)
            return false;
    return true;
}

void pool_count_domain(struct pool *pool, int change)
{
    for (; pool != NULL && !pool->root; pool = pool->object.pool)
        pool->domains = (uint16_t)(pool->domains + change);
}

bool pool_is_below(const struct pool *pool, const struct pool *above)
{
    if (above == NULL)
        return true;
    for (; pool != NULL; pool = pool->object.pool)
        if (pool == above)
            return true;
    return false;
}

enum progress pool_destroy_step(struct pool *pool)
{
    struct memory *donated = &pool->donated;

    static_assert(sizeof(struct pool) <= PAGE_SIZE, "the head is zeroed last, as one page");
    if (donated->zeroed == 0)
        donated->zeroed = PAGE_SIZE;
    return memory_zero_step(donated, donated->base, donated->size);
}

int pool_call_create_pool(struct call *call)
{
    struct pool *parent = container_of(call->object, struct pool, object);
    struct memory *memory = container_of(call->capability[1]->object, struct memory, object);
    uint64_t offset = call->value[2];
    uint64_t size = call->value[3];
    struct pool *pool = NULL;
    struct slot *slot = NULL;
    enum quoll_error error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error != QUOLL_OK)
        return error;
    if (memory->kind != QUOLL_MEMORY_RAM || size < POOL_SIZE_MIN || size > POOL_SIZE_MAX ||
        !pool_is_below(parent, memory->object.pool))
        return QUOLL_BAD_ARGUMENT;
    if (parent->depth + 1 >= POOL_DEPTH_MAX)
        return QUOLL_TOO_DEEP;
    error = memory_check_child(memory, offset, size);
    if (error != QUOLL_OK)
        return error;

    pool = pool_init(paddr(memory->base.value + offset), size, parent);
    memory_init(&pool->donated, paddr(memory->base.value + offset), size, QUOLL_MEMORY_RAM);
    pool->donated.donated = true;
    memory_attach(memory, &pool->donated);
    slot_set_first(slot, &pool->object, 0);
    return QUOLL_OK;
}

int pool_call_status(struct call *call)
{
    const struct pool *pool = container_of(call->object, struct pool, object);

    call_result(call, 0, pool->size);
    call_result(call, 1, pool->used);
    call_result(call, 2, pool->object_count);
    return QUOLL_OK;
}

int pool_call_power(struct call *call)
{
    const struct pool *pool = container_of(call->object, struct pool, object);

    if (!pool->root)
        return QUOLL_BAD_STATE;
    if (call->value[0] != QUOLL_POWER_OFF && call->value[0] != QUOLL_POWER_RESET)
        return QUOLL_BAD_ARGUMENT;
    arch_power((enum quoll_power_action)call->value[0]);
    return QUOLL_BAD_STATE; /* the firmware came back */
}
