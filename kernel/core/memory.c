/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "memory.h"

#include "arch.h"
#include "calls.h"
#include "check.h"
#include "domain.h"
#include "pool.h"

enum { SEARCH_BATCH = 32 };             /* ranges, or mappings of one, looked at between two preemption points */
#define ZERO_BATCH (UINT64_C(16) << 10) /* bytes zeroed between two preemption points */

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
    if (parent->depth + 1 >= MEMORY_DEPTH_MAX)
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

    arch_memory_zero(paddr(base.value + memory->zeroed), batch);
    memory->zeroed += batch;
    return memory->zeroed < size ? PROGRESS_MORE : PROGRESS_DONE;
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
    if (memory->kind == QUOLL_MEMORY_RAM && memory->zeroed < memory->size) {
        if (memory_zero_step(memory, memory->base, memory->size) == PROGRESS_MORE)
            return PROGRESS_MORE;
    }
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

/*
 * A mapping of this range, which has no others below it, that overlaps [base, base + size), or null. Who was looked at
 * goes to the list's end, so that the search goes on where an interrupt ended it: then false.
 */
static bool find_own_mapping(struct memory *memory, uint64_t base, uint64_t size, struct mapping **found)
{
    if (memory->search_base != base || memory->search_size != size)
        memory->searched = 0;
    memory->search_base = base;
    memory->search_size = size;
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

/*
 * A mapping of `memory` or of a range below it that overlaps [base, base + size) physically, or null. Walks the tree
 * in order and skips what has no mappings. False when an interrupt came before the search ended; the walk begins anew
 * then.
 */
static bool find_mapping(struct memory *memory, uint64_t base, uint64_t size, struct mapping **found)
{
    struct memory *at = memory;
    unsigned visited = 0;

    *found = NULL;
    while (at != NULL) {
        struct memory *next = NULL;

        if (!find_own_mapping(at, base, size, found))
            return false;
        if (*found != NULL)
            return true;
        if (++visited % SEARCH_BATCH == 0 && arch_interrupt_waiting())
            return false;
        if (at->mapped > 0 && at->children.first != NULL)
            next = container_of(at->children.first, struct memory, in_parent);
        /* Otherwise the next one beside it, or beside the nearest one above it that has a next. */
        while (next == NULL && at != memory) {
            struct ordered_node *node = ordered_next(&at->in_parent);

            if (node != NULL)
                next = container_of(node, struct memory, in_parent);
            else
                at = at->parent;
        }
        at = next;
    }
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
