/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "memory.h"

#include "arch.h"
#include "calls.h"
#include "domain.h"
#include "pool.h"

enum {
    SEARCH_BATCH = 16, /* mappings looked at between two preemption points */
    ZERO_BATCH = 4096, /* bytes zeroed between two preemption points */
};

void memory_init(struct memory *memory, paddr_t base, uint64_t size, enum quoll_memory_kind kind)
{
    memory->base = base;
    memory->size = size;
    memory->kind = kind;
    list_init(&memory->mappings);
}

enum quoll_error memory_check_child(const struct memory *parent, uint64_t offset, uint64_t size)
{
    const struct ordered_node *node = NULL;

    if (size == 0 || !is_aligned(offset | size, PAGE_SIZE) || !range_fits(offset, size, parent->size))
        return QUOLL_BAD_ARGUMENT;
    if (parent->depth + 1 >= MEMORY_DEPTH_MAX || arch_fault())
        return QUOLL_TOO_DEEP;
    if (!list_empty(&parent->mappings) || parent->states != 0)
        return QUOLL_BUSY;
    node = ordered_find(&parent->children, parent->base.value + offset + size - 1);
    if (node != NULL && node->key + container_of(node, struct memory, in_parent)->size > parent->base.value + offset)
        return QUOLL_OVERLAP;
    return QUOLL_OK;
}

void memory_attach(struct memory *parent, struct memory *child)
{
    child->parent = parent;
    child->depth = (uint8_t)(parent->depth + 1);
    ordered_insert(&parent->children, &child->in_parent, child->base.value);
}

void memory_detach(struct memory *memory)
{
    if (memory->parent != NULL)
        ordered_remove(&memory->parent->children, &memory->in_parent);
    memory->parent = NULL;
}

struct object *memory_child_owner(struct memory *child)
{
    return child->donated ? &container_of(child, struct pool, donated)->object : &child->object;
}

enum progress memory_zero_step(struct memory *memory, paddr_t base, uint64_t size)
{
    uint64_t left = size - memory->zeroed;
    uint64_t batch = left < ZERO_BATCH ? left : ZERO_BATCH;

    if (left == 0)
        return PROGRESS_DONE;
    arch_memory_zero(paddr(base.value + memory->zeroed), batch);
    memory->zeroed += batch;
    return PROGRESS_MORE;
}

enum progress memory_prepare_step(struct memory *parent, uint64_t offset, uint64_t size)
{
    if (!parent->fresh)
        return PROGRESS_DONE;
    if (parent->zeroing_offset != offset || parent->zeroing_size != size) {
        parent->zeroing_offset = offset;
        parent->zeroing_size = size;
        parent->zeroed = 0;
    }
    if (memory_zero_step(parent, paddr(parent->base.value + offset), size) == PROGRESS_MORE)
        return PROGRESS_MORE;
    parent->zeroing_size = 0;
    return PROGRESS_DONE;
}

/* Nothing names the memory any more and it has no children: mappings, then the bytes. */
enum progress memory_destroy_step(struct memory *memory)
{
    struct list *mapping = list_first(&memory->mappings);

    if (mapping != NULL) {
        mapping_withdraw_step(container_of(mapping, struct mapping, in_memory));
        return PROGRESS_MORE;
    }
    if (memory->kind == QUOLL_MEMORY_RAM && memory_zero_step(memory, memory->base, memory->size) == PROGRESS_MORE)
        return PROGRESS_MORE;
    memory_detach(memory);
    return PROGRESS_DONE;
}

int pool_call_create_memory(struct call *call)
{
    struct pool *pool = container_of(call->object, struct pool, object);
    struct memory *parent = container_of(call->capability[1]->object, struct memory, object);
    uint64_t offset = call->value[2];
    uint64_t size = call->value[3];
    struct memory *memory = NULL;
    struct slot *slot = NULL;
    enum quoll_error error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error != QUOLL_OK)
        return error;
    if (!pool_is_below(pool, parent->object.pool))
        return QUOLL_BAD_ARGUMENT;
    error = memory_check_child(parent, offset, size);
    if (error != QUOLL_OK)
        return error;
    while (memory_prepare_step(parent, offset, size) == PROGRESS_MORE)
        if (arch_interrupt_waiting())
            return ANSWER_RESTART;
    memory = pool_allocate_object(pool, sizeof(*memory), QUOLL_TYPE_MEMORY);
    if (memory == NULL)
        return QUOLL_NO_MEMORY;

    memory_init(memory, paddr(parent->base.value + offset), size, parent->kind);
    memory_attach(parent, memory);
    slot_set_first(slot, &memory->object, 0);
    slot->rights = call->capability[1]->rights; /* no more than its parent's capability allowed */
    return QUOLL_OK;
}

int memory_call_status(struct call *call)
{
    const struct memory *memory = container_of(call->object, struct memory, object);

    call_result(call, 0, memory->size);
    call_result(call, 1, memory->kind);
    call_result(call, 2, memory->mapped);
    return QUOLL_OK;
}

int memory_call_address(struct call *call)
{
    call_result(call, 0, container_of(call->object, struct memory, object)->base.value);
    return QUOLL_OK;
}

/* A search of that range goes on here, or begins. */
static void search_enter(struct memory *memory, uint64_t base, uint64_t size)
{
    if (memory->search_base == base && memory->search_size == size)
        return;
    memory->search_base = base;
    memory->search_size = size;
    memory->search_at = base;
    memory->searched = 0;
}

/*
 * A mapping of this range, which has no others below it, that overlaps [base, base + size), or null. Who was looked at
 * goes to the list's end, so that the search goes on where an interrupt ended it: then false.
 */
static bool find_own_mapping(struct memory *memory, uint64_t base, uint64_t size, struct mapping **found)
{
    for (unsigned batch = 1; !list_empty(&memory->mappings) && memory->searched < memory->mapped; batch++) {
        struct list *node = list_first(&memory->mappings);
        struct mapping *mapping = container_of(node, struct mapping, in_memory);

        if (ranges_overlap(memory->base.value + mapping->offset, mapping->size, base, size)) {
            *found = mapping;
            return true;
        }
        list_remove(node);
        list_append(&memory->mappings, node);
        memory->searched++;
        if (batch % SEARCH_BATCH == 0 && arch_interrupt_waiting())
            return false;
    }
    memory->searched = 0;
    return true;
}

/* The first range below `memory`, which has some, that ends behind `address`, or null. */
static struct memory *child_behind(const struct memory *memory, uint64_t address)
{
    struct ordered_node *node = ordered_find(&memory->children, address);

    if (node == NULL)
        node = memory->children.first;
    else if (node->key + container_of(node, struct memory, in_parent)->size <= address)
        node = ordered_next(node);
    return node != NULL ? container_of(node, struct memory, in_parent) : NULL;
}

/*
 * The range with nothing below it at or behind *address, if some of it may be mapped; or null, and *address is where
 * to go on: at `end`, or behind what is not mapped. Bound: MEMORY_DEPTH_MAX.
 */
static struct memory *leaf_behind(struct memory *memory, uint64_t *address, uint64_t end)
{
    while (!memory_is_leaf(memory)) {
        struct memory *child = child_behind(memory, *address);
        struct memory *nothing = child == NULL ? memory : child->mapped == 0 ? child : NULL;

        if (nothing != NULL || child->base.value >= end) {
            *address = nothing != NULL ? nothing->base.value + nothing->size : end;
            return NULL;
        }
        memory = child;
    }
    return memory;
}

/*
 * A mapping of `memory` or of a range below it that overlaps [base, base + size) physically, or null. Goes through what
 * is not subdivided in the order of addresses. False when an interrupt came first; the search goes on there.
 */
static bool find_mapping(struct memory *memory, uint64_t base, uint64_t size, struct mapping **found)
{
    *found = NULL;
    search_enter(memory, base, size);
    while (memory->search_at < base + size) {
        struct memory *leaf = leaf_behind(memory, &memory->search_at, base + size);

        if (leaf != NULL) {
            search_enter(leaf, base, size);
            if (!find_own_mapping(leaf, base, size, found))
                return false;
            if (*found != NULL)
                return true;
            memory->search_at = leaf->base.value + leaf->size;
        }
        if (arch_interrupt_waiting())
            return false;
    }
    memory->search_size = 0;
    return true;
}

int memory_call_revoke(struct call *call)
{
    struct memory *memory = container_of(call->object, struct memory, object);
    uint64_t offset = call->value[0];
    uint64_t size = call->value[1];

    if (size == 0 || !is_aligned(offset | size, PAGE_SIZE) || !range_fits(offset, size, memory->size))
        return QUOLL_BAD_ARGUMENT;
    for (;;) {
        struct mapping *mapping = NULL;

        if (!find_mapping(memory, memory->base.value + offset, size, &mapping))
            return ANSWER_RESTART;
        if (mapping == NULL)
            return QUOLL_OK;
        mapping_withdraw_step(mapping); /* what is left of it is found again */
        if (arch_interrupt_waiting())
            return ANSWER_RESTART;
    }
}
