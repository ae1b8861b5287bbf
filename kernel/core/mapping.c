/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Mappings: which memory a domain sees where.
 */
#include "arch.h"
#include "calls.h"
#include "domain.h"
#include "memory.h"
#include "pool.h"

/* A new mapping, at the memory and everything above it. Bound: MEMORY_DEPTH_MAX. */
static void count_mapping(struct memory *memory)
{
    uint64_t base = memory->base.value;

    for (; memory != NULL; memory = memory->parent) {
        memory->mapped++;
        if (memory->search_at > base)
            memory->search_at = base;
    }
}

static void uncount_mapping(struct memory *memory)
{
    for (; memory != NULL; memory = memory->parent)
        memory->mapped--;
}

enum progress mapping_destroy_step(struct mapping *mapping)
{
    struct domain *domain = mapping->domain;
    uint64_t left = mapping->mapped - mapping->withdrawn;

    mapping->withdrawing = true;
    if (left > 0) {
        mapping->withdrawn += space_unmap(&domain->space, ipa(mapping->in_domain.key + mapping->withdrawn), left);
        return PROGRESS_MORE; /* the record goes in a step of its own */
    }
    ordered_remove(&domain->mappings, &mapping->in_domain);
    list_remove(&mapping->in_memory);
    if (mapping->memory->searched > 0)
        mapping->memory->searched--; /* perhaps it was one of them; then one is seen twice */
    uncount_mapping(mapping->memory);
    return PROGRESS_DONE;
}

enum progress mapping_withdraw_step(struct mapping *mapping)
{
    if (mapping_destroy_step(mapping) == PROGRESS_MORE)
        return PROGRESS_MORE;
    pool_free_object(&mapping->object);
    return PROGRESS_DONE;
}

/* The mapping that contains, or is the last one before, `address`. */
static struct mapping *mapping_before(const struct domain *domain, uint64_t address)
{
    struct ordered_node *node = ordered_find(&domain->mappings, address);

    return node != NULL ? container_of(node, struct mapping, in_domain) : NULL;
}

/* The arguments of domain_map, checked as far as they do not depend on what is mapped. */
static enum quoll_error check_map(const struct call *call, const struct domain *domain, const struct memory *memory)
{
    uint64_t address = call->value[2];
    uint64_t offset = call->value[3];
    uint64_t size = call->value[4];
    uint64_t attributes = call->value[5];
    uint64_t rights = call->capability[0]->rights;
    const uint64_t access = QUOLL_MAP_READ | QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE;
    const uint64_t write_execute = QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE;

    if (size == 0 || !is_aligned(address | offset | size, PAGE_SIZE) ||
        !range_fits(address, size, QUOLL_ADDRESS_LIMIT) || !range_fits(offset, size, memory->size))
        return QUOLL_BAD_ARGUMENT;
    if ((attributes & ~(access | QUOLL_MAP_UNCACHED)) != 0 || (attributes & QUOLL_MAP_READ) == 0)
        return QUOLL_BAD_ARGUMENT;
    if ((attributes & write_execute) == write_execute && domain->kind == QUOLL_DOMAIN_NATIVE)
        return QUOLL_BAD_ARGUMENT;
    /* QUOLL_MAP_READ, WRITE and EXECUTE are the bits of the rights of the same names. */
    if ((attributes & access & ~rights) != 0)
        return QUOLL_NO_RIGHT;
    if (!memory_is_leaf(memory) || arch_fault())
        return QUOLL_BUSY;
    return QUOLL_OK;
}

/* Is this the mapping that an interrupted call with the same arguments had begun? */
static bool is_same(const struct mapping *mapping, const struct call *call, const struct memory *memory)
{
    return mapping->in_domain.key == call->value[2] && mapping->memory == memory && mapping->offset == call->value[3] &&
           mapping->size == call->value[4] && mapping->attributes == call->value[5] &&
           (mapping->failed || (!mapping->withdrawing && mapping->mapped < mapping->size));
}

/* Map what is left, or take out what was mapped when the tables' pool ran dry. */
static int continue_map(struct mapping *mapping)
{
    struct memory *memory = mapping->memory;
    struct domain *domain = mapping->domain;

    while (!mapping->failed && mapping->mapped < mapping->size) {
        uint64_t done = 0;
        int error =
            space_map(&domain->space, ipa(mapping->in_domain.key + mapping->mapped),
                      paddr(memory->base.value + mapping->offset + mapping->mapped), mapping->size - mapping->mapped,
                      mapping->attributes, memory->kind == QUOLL_MEMORY_DEVICE, &done);

        mapping->mapped += done;
        mapping->failed = error != QUOLL_OK;
        if (arch_interrupt_waiting() && (mapping->failed || mapping->mapped < mapping->size))
            return ANSWER_RESTART;
    }
    if (!mapping->failed)
        return QUOLL_OK;
    while (mapping_withdraw_step(mapping) == PROGRESS_MORE)
        if (arch_interrupt_waiting())
            return ANSWER_RESTART;
    return QUOLL_NO_MEMORY;
}

int mapping_make(struct domain *domain, struct memory *memory, struct pool *pool, const struct mapping_range *range)
{
    struct mapping *mapping = pool_allocate_object(pool, sizeof(*mapping), QUOLL_TYPE_NONE);

    if (mapping == NULL)
        return QUOLL_NO_MEMORY;
    mapping->domain = domain;
    mapping->memory = memory;
    mapping->offset = range->offset;
    mapping->size = range->size;
    mapping->attributes = range->attributes;
    ordered_insert(&domain->mappings, &mapping->in_domain, range->address);
    list_prepend(&memory->mappings, &mapping->in_memory);
    count_mapping(memory);
    return arch_interrupt_waiting() ? ANSWER_RESTART : continue_map(mapping);
}

int domain_call_map(struct call *call)
{
    struct domain *domain = container_of(call->object, struct domain, object);
    struct memory *memory = container_of(call->capability[0]->object, struct memory, object);
    struct pool *pool = container_of(call->capability[1]->object, struct pool, object);
    const struct mapping_range range = {call->value[2], call->value[3], call->value[4], call->value[5]};
    struct mapping *mapping = NULL;
    enum quoll_error error = check_map(call, domain, memory);

    static_assert((int)QUOLL_MAP_READ == (int)QUOLL_RIGHT_READ && (int)QUOLL_MAP_WRITE == (int)QUOLL_RIGHT_WRITE &&
                      (int)QUOLL_MAP_EXECUTE == (int)QUOLL_RIGHT_EXECUTE,
                  "check_map compares attributes with rights");
    if (error != QUOLL_OK)
        return error;
    mapping = mapping_before(domain, range.address + range.size - 1);
    if (mapping != NULL && is_same(mapping, call, memory))
        return continue_map(mapping);
    if (mapping != NULL && mapping->in_domain.key + mapping->size > range.address)
        return QUOLL_OVERLAP;
    return mapping_make(domain, memory, pool, &range);
}

int domain_call_unmap(struct call *call)
{
    struct domain *domain = container_of(call->object, struct domain, object);
    struct mapping *mapping = mapping_before(domain, call->value[0]);

    if (mapping == NULL || mapping->in_domain.key != call->value[0])
        return QUOLL_NOT_FOUND;
    while (mapping_withdraw_step(mapping) == PROGRESS_MORE)
        if (arch_interrupt_waiting())
            return ANSWER_RESTART;
    return QUOLL_OK;
}
