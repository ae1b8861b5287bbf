/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Objects, the tree of copies, revocation, and the end of objects.
 */
#include <assert.h>
#include <string.h>

#include "tests/fuzz/model.h"

enum { DEPTH_MAX = 255 };

struct model model;
static struct model_object objects[MODEL_OBJECTS];
static struct model_slot slots[MODEL_SLOTS];
static unsigned slot_count;

void model_reset(void)
{
    model = (struct model){.object = objects};
    slot_count = 0;
}

static struct {
    struct model model;
    struct model_object objects[MODEL_SAVED];
    struct model_slot slots[MODEL_SAVED];
    unsigned slot_count;
} saved[MODEL_COPIES];

void model_save(unsigned copy)
{
    assert(model.count <= MODEL_SAVED && slot_count <= MODEL_SAVED && model.vcpus == 0);
    saved[copy].model = model;
    saved[copy].slot_count = slot_count;
    memcpy(saved[copy].objects, objects, model.count * sizeof(objects[0]));
    memcpy(saved[copy].slots, slots, slot_count * sizeof(slots[0]));
}

void model_load(unsigned copy)
{
    model = saved[copy].model;
    slot_count = saved[copy].slot_count;
    memcpy(objects, saved[copy].objects, model.count * sizeof(objects[0]));
    memcpy(slots, saved[copy].slots, slot_count * sizeof(slots[0]));
}

bool model_full(void)
{
    return model.count + 4 > MODEL_OBJECTS || model.vcpus == MODEL_VCPUS ||
           slot_count + 2 * QUOLL_CAPABILITIES_MAX > MODEL_SLOTS;
}

struct model_object *model_new(unsigned type, struct model_object *pool)
{
    struct model_object *object = &objects[model.count++];

    memset(object, 0, sizeof(*object));
    object->type = type;
    object->pool = pool;
    object->alive = true;
    return object;
}

struct model_slot *model_new_slots(unsigned count, struct model_object *domain)
{
    struct model_slot *first = &slots[slot_count];

    memset(first, 0, count * sizeof(*first));
    slot_count += count;
    for (unsigned i = 0; i < count; i++)
        first[i].holder = domain;
    return first;
}

struct model_object *model_find(const void *real)
{
    struct model_object *found = NULL;

    for (unsigned i = 0; i < model.count && real != NULL; i++) {
        if (objects[i].real == real && objects[i].alive) {
            assert(found == NULL);
            found = &objects[i];
        }
    }
    return found;
}

static void name(struct model_slot *slot, struct model_object *object)
{
    slot->object = object;
    slot->previous = NULL;
    slot->next = object->names;
    if (slot->next != NULL)
        slot->next->previous = slot;
    object->names = slot;
}

void model_first(struct model_slot *slot, struct model_object *object, uint64_t label)
{
    slot->label = label;
    slot->rights = QUOLL_RIGHTS_ALL;
    slot->depth = 0;
    slot->parent = slot->child = slot->older = slot->younger = NULL;
    name(slot, object);
}

bool model_deepest(const struct model_slot *slot)
{
    return slot->depth >= DEPTH_MAX;
}

void model_derive(struct model_slot *slot, struct model_slot *source, unsigned rights, uint64_t label)
{
    slot->label = label;
    slot->rights = rights;
    slot->depth = source->depth + 1;
    slot->parent = source;
    slot->child = slot->younger = NULL;
    slot->older = source->child;
    if (slot->older != NULL)
        slot->older->younger = slot;
    source->child = slot;
    name(slot, source->object);
}

/* Only what nothing is derived from, or what goes with its object, is emptied. */
void model_clear(struct model_slot *slot)
{
    if (slot->object == NULL)
        return;
    for (struct model_slot *child = slot->child; child != NULL; child = child->older)
        child->parent = NULL;
    if (slot->younger != NULL)
        slot->younger->older = slot->older;
    else if (slot->parent != NULL)
        slot->parent->child = slot->older;
    if (slot->older != NULL)
        slot->older->younger = slot->younger;
    if (slot->previous != NULL)
        slot->previous->next = slot->next;
    else
        slot->object->names = slot->next;
    if (slot->next != NULL)
        slot->next->previous = slot->previous;
    *slot = (struct model_slot){.use = slot->use, .holder = slot->holder};
}

void model_refer(struct model_slot *slot, struct model_slot *source, uint64_t label, struct model_object *holder,
                 enum model_use use)
{
    model_clear(slot);
    model_derive(slot, source, 0, label);
    slot->holder = holder;
    slot->use = use;
}

/*
 * A vCPU that goes may lose its state page before: its supervisor is told of that fault or not, which the manual leaves
 * open, and finds no fault in either case. What happens after that is not followed.
 */
static void lose_in_passing(const struct model_slot *slot, const struct model_object *holder)
{
    const struct model_object *supervisor = NULL;

    if (holder->type != QUOLL_TYPE_THREAD)
        return;
    supervisor = holder->thread.supervisor.object;
    if (slot->use == USE_STATE && !holder->thread.faulted && supervisor != NULL && !supervisor->doomed)
        model.raised += 2;
}

/* The slot goes from outside: its holder is told. */
static void lose(struct model_slot *slot, enum quoll_error reason)
{
    struct model_object *object = slot->object;
    struct model_object *holder = slot->holder;
    bool passing = false;

    model_clear(slot);
    if (slot->use == USE_BOUND)
        object->notification.bound = NULL;
    else if (slot->use == USE_BUDGET)
        object->budget.owner = NULL;
    else if (slot->use == USE_STATE)
        object->range.states--;
    if (holder->doomed) {
        lose_in_passing(slot, holder);
        return;
    }
    switch (slot->use) {
    case USE_CALL:
        passing = holder->thread.callee->doomed;
        model_fail_call(holder, reason);
        holder->thread.also = passing ? QUOLL_PEER_DEAD : 0; /* its server may have gone first */
        break;
    case USE_SUPERVISOR:
        holder->thread.record = 0;
        break;
    case USE_STATE:
        model_state_lost(holder);
        break;
    case USE_MATCH:
        for (unsigned i = 0; i < MODEL_MATCHES; i++)
            if (&holder->thread.vcpu->match[i].notification == slot)
                holder->thread.vcpu->match[i].used = false;
        break;
    default:
        break;
    }
}

void model_revoke(struct model_slot *slot)
{
    while (slot->child != NULL) {
        struct model_slot *last = slot->child;

        while (last->child != NULL)
            last = last->child;
        lose(last, QUOLL_REVOKED);
    }
}

bool model_below(const struct model_object *pool, const struct model_object *above)
{
    for (; pool != NULL; pool = pool->pool)
        if (pool == above)
            return true;
    return false;
}

static bool goes_with_others(const struct model_object *object)
{
    if (object->pool != NULL && object->pool->doomed)
        return true;
    switch (object->type) {
    case QUOLL_TYPE_POOL:
    case QUOLL_TYPE_MEMORY:
        return object->range.within != NULL && object->range.within->doomed;
    case QUOLL_TYPE_THREAD:
        return object->thread.domain->doomed;
    case MODEL_MAPPING:
        return object->mapping.domain->doomed || object->mapping.memory->doomed;
    default:
        return false;
    }
}

/* With `object`, all that ends with it. */
static void doom(struct model_object *object)
{
    bool more = true;

    object->doomed = true;
    while (more) {
        more = false;
        for (unsigned i = 0; i < model.count; i++) {
            if (objects[i].alive && !objects[i].doomed && goes_with_others(&objects[i]))
                more = objects[i].doomed = true;
        }
    }
}

static void spare_all(void)
{
    for (unsigned i = 0; i < model.count; i++)
        objects[i].doomed = false;
}

bool model_holds(struct model_object *object, const struct model_object *thread)
{
    bool held = false;

    if (object->permanent && object->type == QUOLL_TYPE_POOL)
        return true;
    doom(object);
    held = thread->doomed;
    spare_all();
    return held;
}

static void end_thread(struct model_object *object)
{
    struct model_thread *thread = &object->thread;

    for (unsigned i = 0; i < model.count; i++) {
        struct model_object *caller = &objects[i];

        if (caller->alive && !caller->doomed && caller->type == QUOLL_TYPE_THREAD && caller->thread.callee == object &&
            caller->thread.state == QUEUED)
            model_fail_call(caller, QUOLL_PEER_DEAD);
    }
    if (thread->serving != NULL && !thread->serving->doomed)
        model_fail_call(thread->serving, QUOLL_PEER_DEAD);
    if (thread->callee != NULL && !thread->callee->doomed)
        model_abandon_call(object);
    if (thread->awaited != NULL)
        thread->awaited->notification.waiter = NULL;
    if (thread->bound.object != NULL)
        thread->bound.object->notification.bound = NULL;
    model_budget_lost(object);
    model_clear(&thread->call);
    model_clear(&thread->bound);
    model_clear(&thread->supervisor);
    if (thread->vcpu != NULL)
        model_vcpu_gone(object);
}

static void end_portal(struct model_object *portal)
{
    struct model_object *server = portal->portal.server.object;
    struct model_object *caller = server != NULL && !server->doomed ? server->thread.serving : NULL;

    if (caller != NULL && !caller->doomed && caller->thread.called == portal)
        model_fail_call(caller, QUOLL_PEER_DEAD);
    model_clear(&portal->portal.server);
}

static void end_budget(struct model_object *budget)
{
    struct model_object *heir = budget->budget.parent.object;

    if (heir == NULL) /* the core's */
        for (heir = objects; heir->type != QUOLL_TYPE_BUDGET; heir++)
            ;
    heir->budget.share += budget->budget.share;
    heir->budget.time = heir->budget.period * heir->budget.share >> 32;
    model_clear(&budget->budget.parent);
    model_clear(&budget->budget.report);
}

static void end_object(struct model_object *object)
{
    while (object->names != NULL)
        lose(object->names, QUOLL_PEER_DEAD);
    switch (object->type) {
    case QUOLL_TYPE_DOMAIN:
        model_clear(&object->domain.pager);
        break;
    case QUOLL_TYPE_THREAD:
        end_thread(object);
        break;
    case QUOLL_TYPE_BUDGET:
        end_budget(object);
        break;
    case QUOLL_TYPE_PORTAL:
        end_portal(object);
        break;
    case QUOLL_TYPE_NOTIFICATION:
        if (object->notification.waiter != NULL && !object->notification.waiter->doomed) {
            struct model_object *waiter = object->notification.waiter;

            waiter->thread.awaited = NULL;
            waiter->thread.state = READY;
            model_answer(waiter, QUOLL_PEER_DEAD);
        }
        break;
    case QUOLL_TYPE_INTERRUPT:
        model_clear(&object->interrupt.notification);
        break;
    default:
        break;
    }
}

void model_destroy(struct model_object *object)
{
    doom(object);
    for (unsigned i = 0; i < model.count; i++) {
        if (!objects[i].alive || !objects[i].doomed || objects[i].type != QUOLL_TYPE_DOMAIN)
            continue;
        for (unsigned n = 0; n < objects[i].domain.count; n++) {
            model_revoke(&objects[i].domain.slots[n]);
            model_clear(&objects[i].domain.slots[n]);
        }
    }
    /* Threads before budgets, so that these are nobody's when they go. */
    for (unsigned i = 0; i < model.count; i++)
        if (objects[i].alive && objects[i].doomed && objects[i].type != QUOLL_TYPE_BUDGET)
            end_object(&objects[i]);
    for (unsigned i = 0; i < model.count; i++)
        if (objects[i].alive && objects[i].doomed && objects[i].type == QUOLL_TYPE_BUDGET)
            end_object(&objects[i]);
    for (unsigned i = 0; i < model.count; i++)
        if (objects[i].doomed)
            objects[i].alive = objects[i].doomed = false;
}
