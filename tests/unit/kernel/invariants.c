/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every kernel structure promises, looked at from outside while nothing is under way.
 */
#include "invariants.h"

#include "machine.h"
#include "vcpu.h"

static uint64_t shares; /* of all budgets met */
static uint64_t armed;  /* timers of all objects met that are in the core's set */

static void check_slots(const struct object *object)
{
    const struct slot *previous = NULL;

    for (const struct slot *slot = object->slots; slot != NULL; previous = slot, slot = slot->next) {
        assert_ptr_equal(slot->object, object);
        assert_ptr_equal(slot->previous, previous);
        if (object->dying)
            continue; /* it loses its names from the first on */
        assert_true(slot->depth <= (previous != NULL ? previous->depth + 1 : 0));
        /* Nobody has a right that who it came from has not; references carry none. */
        if (previous != NULL && slot->depth == previous->depth + 1 && slot->use == SLOT_CAPABILITY &&
            previous->use == SLOT_CAPABILITY)
            assert_int_equal(slot->rights & ~previous->rights, 0);
    }
}

/* Nobody in the chain of callers that it serves has a budget. */
static bool is_unpaid(const struct thread *thread)
{
    const struct thread *caller = thread->serving;

    while (caller != NULL && caller->budget == NULL)
        caller = caller->serving;
    return caller == NULL;
}

/* Who has to stand in a run queue, or behind who cannot run (schedule.c). */
static bool pays(const struct thread *thread)
{
    bool active = thread_can_run(thread) || thread->state == THREAD_CALLING || thread->state == THREAD_QUEUED;

    return thread->budget != NULL && active && is_unpaid(thread) && !ordered_linked(&thread->budget->timer.node);
}

static bool in_list(const struct list *head, const struct list *member)
{
    for (const struct list *node = head->next; node != head; node = node->next) {
        assert_ptr_equal(node->next->previous, node);
        if (node == member)
            return true;
    }
    return false;
}

static void check_place(const struct thread *thread)
{
    const struct thread *end = thread;

    assert_int_equal(thread->place != PLACE_NONE && thread->place != PLACE_EXHAUSTED, pays(thread));
    assert_int_equal(thread->place == PLACE_EXHAUSTED,
                     thread->budget != NULL && ordered_linked(&thread->budget->timer.node));
    assert_int_equal(thread->passive, thread->budget == NULL);
    for (unsigned links = 0; end->state == THREAD_CALLING || end->state == THREAD_QUEUED; links++) {
        assert_true(links < CHAIN_MAX);
        end = end->callee;
    }
    if (thread->place == PLACE_RUNNING)
        assert_ptr_equal(thread, core->payer);
    if (thread->place == PLACE_READY)
        assert_true(in_list(&core->queue[thread->priority], &thread->in_queue));
    /* Whoever stalls stands behind a thread that cannot run, or is about to be looked at again. */
    if (thread->place == PLACE_STALLED && !in_list(&core->revived, &thread->in_queue)) {
        assert_true(in_list(&end->stalled, &thread->in_queue));
        assert_false(thread_can_run(end));
    }
}

static void check_call(const struct thread *thread)
{
    if (thread->state == THREAD_CALLING || thread->state == THREAD_QUEUED) {
        assert_non_null(thread->callee);
        assert_true(thread->depth <= CHAIN_MAX);
        assert_true(thread->callee->depth > thread->depth);
    } else {
        assert_null(thread->callee);
        assert_int_equal(thread->call_kind, CALL_MESSAGE);
    }
    assert_true(thread->wait == 0 || thread->state == THREAD_WAITING || thread->state == THREAD_NOTIFICATION);
    if ((thread->wait & (WAIT_DEADLINE | WAIT_SAME_DEADLINE)) != 0) /* else it may be linked still, for the next wait */
        assert_true(ordered_linked(&thread->deadline.node));
    if (thread->state == THREAD_CALLING)
        assert_ptr_equal(thread->callee->serving, thread);
    assert_int_equal(ordered_linked(&thread->in_callers), thread->state == THREAD_QUEUED);
    assert_int_equal(thread->call.object != NULL, thread->state == THREAD_QUEUED);
    if (thread->state == THREAD_QUEUED)
        assert_ptr_equal(thread->call.object, &thread->called->object);
    if (thread->serving != NULL) {
        assert_ptr_equal(thread->serving->callee, thread);
        assert_int_equal(thread->serving->state, THREAD_CALLING);
        assert_false(thread->orphan);
    }
    for (const struct ordered_node *node = thread->callers.first; node != NULL; node = ordered_next(node))
        assert_ptr_equal(container_of(node, const struct thread, in_callers)->callee, thread);
}

/* None of the owners in the list has a higher priority. */
static void check_tops(const struct list *owners, unsigned top)
{
    for (const struct list *node = owners->next; node != owners; node = node->next)
        assert_in_range(container_of(node, const struct thread, in_queue)->priority, 0, top);
}

static void check_thread(const struct thread *thread)
{
    check_place(thread);
    check_call(thread);
    if (thread->state == THREAD_WAITING) {
        assert_null(thread->serving);
        assert_true(thread->callers.root == NULL || thread->suspended || thread->faulted);
        assert_true(list_empty(&thread->stalled) || thread->callers.root != NULL);
    }
    if (thread->state == THREAD_NOTIFICATION)
        assert_true(list_empty(&thread->stalled) || thread->callers.root != NULL || thread->serving != NULL);
    assert_int_equal(thread->awaited != NULL, thread->state == THREAD_NOTIFICATION);
    if (thread->awaited != NULL)
        assert_ptr_equal(thread->awaited->waiter, thread);
    if (ordered_linked(&thread->deadline.node))
        armed++;
    if (thread->bound.object != NULL)
        assert_ptr_equal(container_of(thread->bound.object, struct notification, object)->bound, thread);
    assert_int_equal(thread->budget != NULL, thread->budget_reference.object != NULL);
    if (thread->budget != NULL) {
        assert_ptr_equal(thread->budget->owner, thread);
        assert_ptr_equal(thread->budget_reference.object, &thread->budget->object);
    }
    if (list_linked(&thread->in_faults)) {
        assert_non_null(thread->supervisor.object);
        assert_true(
            in_list(&container_of(thread->supervisor.object, struct notification, object)->faults, &thread->in_faults));
    }
    assert_true(in_list(&thread->domain->threads, &thread->in_domain));
    if (thread->vcpu != NULL) {
        assert_ptr_equal(thread->vcpu->thread, thread);
        armed += ordered_linked(&thread->vcpu->timer.node);
        armed += ordered_linked(&thread->vcpu->raise_timer.node);
        assert_true(ordered_linked(&thread->vcpu->raise_timer.node) || thread->vcpu->raised == 0);
    }
    check_tops(&thread->stalled, thread->stalled_top);
}

static void check_budget(const struct budget *budget)
{
    uint64_t sum = 0;
    uint64_t at = 0;

    shares += budget->share;
    armed += ordered_linked(&budget->timer.node);
    assert_true(budget->later_count < budget->refill_max);
    sum = budget->now.amount;
    at = budget->now.at;
    assert_int_equal(sum == 0, at == QUOLL_FOREVER);
    for (unsigned i = 0; i < budget->later_count; i++) {
        const struct refill *refill = &budget->later[(budget->later_first + i) % QUOLL_REPLENISHMENTS_MAX];

        sum += refill->amount;
        assert_true(at <= refill->at);
        at = refill->at;
    }
    assert_true(sum <= budget->time);
    if (budget->used_until != 0) {
        assert_non_null(budget->owner);
        assert_int_equal(budget->owner->place, PLACE_READY);
        assert_ptr_not_equal(budget->owner, core->payer);
    }
    if (budget->owner != NULL)
        assert_ptr_equal(budget->owner->budget, budget);
}

static void check_notification(const struct notification *notification)
{
    if (notification->waiter != NULL) {
        assert_ptr_equal(notification->waiter->awaited, notification);
        assert_int_equal(notification->pending, 0);
    }
    if (notification->bound != NULL && notification->bound->state == THREAD_WAITING)
        assert_int_equal(notification->pending, 0);
    if (notification->bound != NULL)
        assert_ptr_equal(notification->bound->bound.object, &notification->object);
}

static uint64_t count_mappings(const struct memory *memory)
{
    uint64_t count = 0;
    uint64_t end = memory->base.value;

    for (const struct list *node = memory->mappings.next; node != &memory->mappings; node = node->next) {
        const struct mapping *mapping = container_of(node, const struct mapping, in_memory);

        assert_ptr_equal(mapping->memory, memory);
        assert_int_equal(mapping->object.type, QUOLL_TYPE_NONE);
        count++;
    }
    if (count != 0)
        assert_null(memory->children.root);
    for (const struct ordered_node *node = memory->children.first; node != NULL; node = ordered_next(node)) {
        const struct memory *child = container_of(node, const struct memory, in_parent);

        assert_ptr_equal(child->parent, memory);
        assert_true(child->base.value >= end);
        end = child->base.value + child->size;
        assert_true(end <= memory->base.value + memory->size);
        count += count_mappings(child);
    }
    assert_int_equal(count, memory->mapped);
    return count;
}

static void check_domain(const struct domain *domain)
{
    uint64_t end = 0;

    for (const struct ordered_node *node = domain->mappings.first; node != NULL; node = ordered_next(node)) {
        const struct mapping *mapping = container_of(node, const struct mapping, in_domain);
        paddr_t target = {0};

        assert_ptr_equal(mapping->domain, domain);
        assert_true(node->key >= end);
        end = node->key + mapping->size;
        if (mapping->mapped == mapping->size && !mapping->withdrawing) {
            assert_true(space_find(&domain->space, ipa(end - PAGE_SIZE), &target));
            assert_int_equal(target.value, mapping->memory->base.value + mapping->offset + mapping->size - PAGE_SIZE);
        }
    }
    for (unsigned i = 0; i < domain->capability_count; i++)
        if (domain->capabilities[i].use != SLOT_CAPABILITY)
            fail();
}

static void check_object(struct object *object)
{
    assert_true(object->type < QUOLL_TYPE_COUNT);
    check_slots(object);
    switch ((enum quoll_object_type)object->type) {
    case QUOLL_TYPE_DOMAIN:
        check_domain(container_of(object, struct domain, object));
        break;
    case QUOLL_TYPE_THREAD:
        check_thread(container_of(object, struct thread, object));
        break;
    case QUOLL_TYPE_BUDGET:
        check_budget(container_of(object, struct budget, object));
        break;
    case QUOLL_TYPE_NOTIFICATION:
        check_notification(container_of(object, struct notification, object));
        break;
    case QUOLL_TYPE_MEMORY:
        (void)count_mappings(container_of(object, struct memory, object));
        break;
    default:
        break;
    }
}

/* A pool with all pools in it; recursion as deep as pools nest. */
static void check_pool(struct pool *pool)
{
    uint64_t count = 0;

    for (struct list *node = pool->objects.next; node != &pool->objects; node = node->next, count++) {
        struct object *object = container_of(node, struct object, in_pool);

        assert_ptr_equal(node->next->previous, node);
        assert_ptr_equal(object->pool, pool);
        check_object(object);
        if (object->type == QUOLL_TYPE_POOL)
            check_pool(container_of(object, struct pool, object));
    }
    assert_int_equal(count, pool->object_count);
    assert_true(pool->used <= pool->frontier - pool->start);
}

void check_invariants(void)
{
    shares = 0;
    armed = 0;
    check_pool(root_pool());
    for (const struct ordered_node *node = core->timers.first; node != NULL; node = ordered_next(node))
        armed--;
    assert_int_equal(armed, 0);
    assert_int_equal(shares, BUDGET_SHARE_WHOLE);
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        if ((core->ready[priority / 64] >> (priority % 64) & 1) != !list_empty(&core->queue[priority]))
            fail();
    check_tops(&core->revived, core->revived_top);
    if (!core->reschedule && core->payer == NULL) {
        assert_null(core->current);
        assert_null(schedule_highest(core));
        assert_true(list_empty(&core->revived));
        assert_int_equal(core->bar, UINT8_MAX);
    } else if (!core->reschedule) {
        assert_non_null(core->current);
        if (!list_empty(&core->revived))
            assert_in_range(core->revived_top, 0, core->payer->priority - 1);
        assert_int_equal(core->bar, core->payer->place == PLACE_READY ? core->payer->priority : UINT8_MAX);
    }
    if (core->current != NULL) {
        bool chosen = !core->reschedule || list_empty(&core->revived);

        assert_true(thread_can_run(core->current));
        assert_non_null(core->payer);
        assert_ptr_equal(schedule_chain_end(core->payer), core->current);
        for (unsigned priority = core->payer->priority + 1; priority < PRIORITY_COUNT && chosen; priority++)
            assert_true(list_empty(&core->queue[priority]));
    }
}
