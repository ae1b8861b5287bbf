/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is more work to look at: the blocks of every pool, the tables of every domain, and that all that is named
 * exists.
 */
#include "accounting.h"

#include <string.h>

#include "machine.h"

enum { LIVE_MOST = 8192, FREE_MARK = 0x80, TABLE_ENTRIES = 512 };

/* All objects of all pools, a hash table that says in which round an object was met. */
static struct {
    const void *object;
    uint64_t round;
} live[LIVE_MOST];
static uint64_t round_number;

static unsigned place_of(const void *object)
{
    unsigned place = (unsigned)((uintptr_t)object >> 6) * 2654435761u % LIVE_MOST;

    while (live[place].round == round_number && live[place].object != object)
        place = (place + 1) % LIVE_MOST;
    return place;
}

static void meet(const void *object)
{
    unsigned place = place_of(object);

    live[place].object = object;
    live[place].round = round_number;
}

static bool is_live(const void *object)
{
    return live[place_of(object)].round == round_number;
}

/* Blocks lie one behind the other from `start` to `frontier`, and the free ones are those in the lists. */
static void check_blocks(const struct pool *pool)
{
    uint64_t used = 0;
    uint64_t free = 0;
    uint64_t listed = 0;

    for (uint64_t offset = pool->start; offset < pool->frontier;) {
        uint8_t order = pool->order[offset >> POOL_ORDER_MIN];
        uint64_t size = UINT64_C(1) << (order & ~FREE_MARK);

        assert_in_range(order & ~FREE_MARK, POOL_ORDER_MIN, POOL_ORDER_MAX);
        assert_true(is_aligned(offset, size));
        if ((order & FREE_MARK) != 0)
            free += size;
        else
            used += size;
        offset += size;
        assert_true(offset <= pool->frontier);
    }
    assert_int_equal(used, pool->used);
    for (unsigned order = POOL_ORDER_MIN; order <= POOL_ORDER_MAX; order++) {
        for (const struct list *node = pool->free[order].next; node != &pool->free[order]; node = node->next) {
            uint64_t offset = (uintptr_t)node - pool->base;

            assert_ptr_equal(node->next->previous, node);
            assert_int_equal(pool->order[offset >> POOL_ORDER_MIN], order | FREE_MARK);
            listed += UINT64_C(1) << order;
        }
    }
    assert_int_equal(listed, free);
}

static void meet_pool(const struct pool *pool)
{
    if (pool->donated.zeroed == 0) /* else it is about to go, and its lists are gone */
        check_blocks(pool);
    meet(pool);
    for (const struct list *node = pool->objects.next; node != &pool->objects; node = node->next) {
        const struct object *object = container_of(node, const struct object, in_pool);

        meet(object);
        if (object->type == QUOLL_TYPE_POOL)
            meet_pool(container_of(object, const struct pool, object));
    }
}

/* A slot that names something is in that object's list, and the object exists. */
static void check_slot(const struct slot *slot)
{
    if (slot->object == NULL)
        return;
    assert_true(is_live(slot->object));
    if (slot->previous == NULL)
        assert_ptr_equal(slot->object->slots, slot);
    else
        assert_ptr_equal(slot->previous->next, slot);
    assert_true(slot->next == NULL || slot->next->previous == slot);
}

/* The mapping that holds an address, or null. */
static const struct mapping *mapping_at(const struct domain *domain, uint64_t address)
{
    const struct ordered_node *node = ordered_find(&domain->mappings, address);
    const struct mapping *mapping = node != NULL ? container_of(node, const struct mapping, in_domain) : NULL;

    return mapping != NULL && address < node->key + mapping->size ? mapping : NULL;
}

/* What an entry maps is what a mapping says, with no other access. */
static void check_leaf(const struct domain *domain, uint64_t address, uint64_t entry)
{
    const struct mapping *mapping = mapping_at(domain, address);

    assert_non_null(mapping);
    assert_int_equal(arch_descriptor_address(entry).value,
                     mapping->memory->base.value + mapping->offset + address - mapping->in_domain.key);
    assert_int_equal(entry >> HOST_ATTRIBUTES_SHIFT, mapping->attributes);
    assert_int_equal((entry & HOST_DEVICE) != 0, mapping->memory->kind == QUOLL_MEMORY_DEVICE);
}

static uint64_t check_table(const struct domain *domain, const uint64_t *table, unsigned level, uint64_t address)
{
    uint64_t step = UINT64_C(1) << (39 - 9 * level);
    uint64_t mapped = 0;

    for (unsigned i = 0; i < TABLE_ENTRIES; i++, address += step) {
        if (table[i] == 0)
            continue;
        if (arch_descriptor_is_table(table[i], level)) {
            mapped += check_table(domain, paddr_pointer(arch_descriptor_address(table[i])), level + 1, address);
        } else {
            check_leaf(domain, address, table[i]);
            mapped += step;
        }
    }
    return mapped;
}

static void check_domain(const struct domain *domain)
{
    uint64_t mapped = 0;

    for (unsigned i = 0; i < domain->capability_count; i++)
        check_slot(&domain->capabilities[i]);
    check_slot(&domain->pager);
    for (const struct ordered_node *node = domain->mappings.first; node != NULL; node = ordered_next(node)) {
        const struct mapping *mapping = container_of(node, const struct mapping, in_domain);

        assert_true(is_live(&mapping->object) && is_live(&mapping->memory->object));
        mapped += mapping->mapped - mapping->withdrawn;
    }
    if (domain->space.root != NULL)
        assert_int_equal(check_table(domain, domain->space.root, 1, 0), mapped);
}

static void check_object(const struct object *object)
{
    if (object->type == QUOLL_TYPE_DOMAIN) {
        check_domain(container_of(object, const struct domain, object));
    } else if (object->type == QUOLL_TYPE_THREAD) {
        const struct thread *thread = container_of(object, const struct thread, object);

        check_slot(&thread->call);
        check_slot(&thread->bound);
        check_slot(&thread->supervisor);
        check_slot(&thread->budget_reference);
        assert_true(is_live(&thread->domain->object));
        assert_true(thread->callee == NULL || is_live(&thread->callee->object));
        assert_true(thread->serving == NULL || is_live(&thread->serving->object));
        assert_true(thread->awaited == NULL || is_live(&thread->awaited->object));
    } else if (object->type == QUOLL_TYPE_NOTIFICATION) {
        const struct notification *notification = container_of(object, const struct notification, object);

        assert_true(notification->bound == NULL || is_live(&notification->bound->object));
        assert_true(notification->waiter == NULL || is_live(&notification->waiter->object));
    } else if (object->type == QUOLL_TYPE_BUDGET) {
        const struct budget *budget = container_of(object, const struct budget, object);

        check_slot(&budget->parent);
        check_slot(&budget->report);
        assert_true(budget->owner == NULL || is_live(&budget->owner->object));
    } else if (object->type == QUOLL_TYPE_INTERRUPT) {
        check_slot(&container_of(object, const struct interrupt, object)->notification);
    } else if (object->type == QUOLL_TYPE_PORTAL) {
        check_slot(&container_of(object, const struct portal, object)->server);
    }
}

static void check_pool(const struct pool *pool)
{
    for (const struct list *node = pool->objects.next; node != &pool->objects; node = node->next) {
        const struct object *object = container_of(node, const struct object, in_pool);

        check_object(object);
        if (object->type == QUOLL_TYPE_POOL)
            check_pool(container_of(object, const struct pool, object));
    }
}

void check_accounting(void)
{
    round_number++;
    meet_pool(root_pool());
    check_pool(root_pool());
    assert_true(core->current == NULL || is_live(&core->current->object));
    assert_true(core->payer == NULL || is_live(&core->payer->object));
    for (unsigned line = 0; line < LINE_MAX; line++)
        assert_true(interrupt_lines[line] == NULL || is_live(&interrupt_lines[line]->object));
}
