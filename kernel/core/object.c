/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "object.h"

#include "arch.h"
#include "budget.h"
#include "calls.h"
#include "check.h"
#include "domain.h"
#include "interrupt.h"
#include "memory.h"
#include "notification.h"
#include "pool.h"
#include "portal.h"
#include "thread.h"
#include "vcpu.h"

enum { SLOT_DEPTH_MAX = 255 };

void object_init(struct object *object, enum quoll_object_type type, struct pool *pool)
{
    *object = (struct object){.pool = pool, .type = (uint8_t)type};
}

void slot_set_first(struct slot *slot, struct object *object, uint64_t label)
{
    CHECK(object->slots == NULL);
    *slot = (struct slot){.object = object, .label = label, .rights = QUOLL_RIGHTS_ALL, .use = slot->use};
    object->slots = slot;
}

enum quoll_error slot_check_derive(const struct slot *source)
{
    return source->depth < SLOT_DEPTH_MAX && !arch_fault() ? QUOLL_OK : QUOLL_TOO_DEEP;
}

void slot_derive(struct slot *slot, struct slot *source, uint16_t rights, uint64_t label)
{
    CHECK(slot->object == NULL && source->object != NULL && source->depth < SLOT_DEPTH_MAX);
    *slot = (struct slot){
        .object = source->object,
        .label = label,
        .next = source->next,
        .previous = source,
        .rights = rights,
        .depth = (uint8_t)(source->depth + 1),
        .use = slot->use,
    };
    if (source->next != NULL)
        source->next->previous = slot;
    source->next = slot;
}

void slot_clear(struct slot *slot)
{
    if (slot->object == NULL)
        return;
    if (slot->previous != NULL)
        slot->previous->next = slot->next;
    else
        slot->object->slots = slot->next;
    if (slot->next != NULL)
        slot->next->previous = slot->previous;
    *slot = (struct slot){.use = slot->use};
}

/* Empty a slot and tell the object that holds it. */
static void slot_lose(struct slot *slot, enum quoll_error reason)
{
    struct object *object = slot->object;

    slot_clear(slot);
    switch ((enum slot_use)slot->use) {
    case SLOT_CALL:
        portal_fail_call(container_of(slot, struct thread, call), reason);
        break;
    case SLOT_BOUND:
        container_of(object, struct notification, object)->bound = NULL;
        break;
    case SLOT_SUPERVISOR:
        thread_supervisor_lost(container_of(slot, struct thread, supervisor));
        break;
    case SLOT_BUDGET:
        thread_budget_lost(container_of(slot, struct thread, budget_reference));
        break;
    case SLOT_LINE:
        interrupt_unbound(container_of(slot, struct interrupt, notification));
        break;
    case SLOT_STATE:
        vcpu_state_lost(container_of(slot, struct vcpu, state));
        break;
    case SLOT_MATCH:
        match_lost(container_of(slot, struct match_entry, notification));
        break;
    case SLOT_CAPABILITY:
    case SLOT_SERVER: /* the next caller is told */
    case SLOT_PARENT: /* the share goes back to the core */
    case SLOT_REPORT:
    case SLOT_PAGER: /* the next fault is told */
    case SLOT_EXIT:  /* the next exit is told */
        break;
    }
}

bool slot_revoke_one(struct slot *slot)
{
    struct slot *next = slot->next;

    if (slot->object == NULL || next == NULL || next->depth <= slot->depth)
        return false;
    slot_lose(next, QUOLL_REVOKED);
    return true;
}

/*
 * What has to go before `object` can: the end of the chain object -> something in it -> ... Every hop leads to
 * something made later. Bound: pools nest POOL_DEPTH_MAX deep (memory in a pool counts), memory MEMORY_DEPTH_MAX.
 */
static struct object *object_victim(struct object *object)
{
    for (;;) {
        struct list *member = NULL;

        object->dying = true;
        if (object->type == QUOLL_TYPE_POOL) {
            member = list_first(&container_of(object, struct pool, object)->objects);
            if (member == NULL)
                return object;
            object = container_of(member, struct object, in_pool);
        } else if (object->type == QUOLL_TYPE_MEMORY) {
            struct memory *memory = container_of(object, struct memory, object);

            if (memory_is_leaf(memory))
                return object;
            object = memory_child_owner(container_of(memory->children.first, struct memory, in_parent));
        } else if (object->type == QUOLL_TYPE_DOMAIN) {
            member = list_first(&container_of(object, struct domain, object)->threads);
            if (member == NULL)
                return object;
            object = &container_of(member, struct thread, in_domain)->object;
        } else {
            return object;
        }
    }
}

/* A bounded step of undoing what the object's type did. After PROGRESS_DONE only its memory is left to free. */
static enum progress destroy_type_step(struct object *object)
{
    switch ((enum quoll_object_type)object->type) {
    case QUOLL_TYPE_POOL:
        return pool_destroy_step(container_of(object, struct pool, object));
    case QUOLL_TYPE_DOMAIN:
        return domain_destroy_step(container_of(object, struct domain, object));
    case QUOLL_TYPE_THREAD:
        return thread_destroy_step(container_of(object, struct thread, object));
    case QUOLL_TYPE_BUDGET:
        return budget_destroy_step(container_of(object, struct budget, object));
    case QUOLL_TYPE_PORTAL:
        return portal_destroy_step(container_of(object, struct portal, object));
    case QUOLL_TYPE_NOTIFICATION:
        return notification_destroy_step(container_of(object, struct notification, object));
    case QUOLL_TYPE_INTERRUPT:
        return interrupt_destroy_step(container_of(object, struct interrupt, object));
    case QUOLL_TYPE_MEMORY:
        return memory_destroy_step(container_of(object, struct memory, object));
    case QUOLL_TYPE_NONE:
        return mapping_destroy_step(container_of(object, struct mapping, object));
    case QUOLL_TYPE_COUNT:
        break;
    }
    CHECK(!"a type that exists");
    return PROGRESS_DONE;
}

enum progress object_destroy_step(struct object *object, struct slot *keep)
{
    struct object *victim = object_victim(object);
    struct slot *slot = victim->slots;

    if (slot != NULL && slot == keep)
        slot = slot->next;
    if (slot != NULL) {
        slot_lose(slot, QUOLL_PEER_DEAD);
        return PROGRESS_MORE;
    }
    if (destroy_type_step(victim) == PROGRESS_MORE)
        return PROGRESS_MORE;
    if (victim == object && keep != NULL)
        slot_clear(keep);
    CHECK(victim->slots == NULL || victim != object);
    pool_free_object(victim);
    return victim == object ? PROGRESS_DONE : PROGRESS_MORE;
}

/*
 * Does the end of `object` end what lives in `pool`? Lifetimes nest: a pool's donated memory is described in a pool
 * above it, and is one with the memory it came from as far as addresses go: no two ranges overlap unless one was carved
 * from the other. Bound: POOL_DEPTH_MAX.
 */
static bool object_holds_pool(const struct object *object, const struct pool *pool)
{
    bool is_memory = object->type == QUOLL_TYPE_MEMORY;
    const struct memory *memory = is_memory ? container_of(object, struct memory, object) : NULL;

    for (; pool != NULL; pool = pool->object.pool)
        if (object == &pool->object || (is_memory && pool->base - memory->base.value < memory->size))
            return true;
    return false;
}

/* A thread cannot ask for the end of itself, its domain, or what holds either. */
static bool object_holds_thread(const struct object *object, const struct thread *thread)
{
    return object == &thread->object || object == &thread->domain->object ||
           object_holds_pool(object, thread->object.pool) || object_holds_pool(object, thread->domain->object.pool);
}

int any_call_destroy(struct call *call)
{
    struct object *object = call->object;

    if (object_holds_thread(object, call->thread))
        return QUOLL_SELF;
    if (object->permanent)
        return QUOLL_BAD_STATE;
    while (object_destroy_step(object, call->slot) == PROGRESS_MORE)
        if (arch_interrupt_waiting())
            return ANSWER_RESTART;
    return QUOLL_OK;
}
