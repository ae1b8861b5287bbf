/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/compare.h"

#include "tests/fuzz/model.h"
#include "tests/unit/kernel/machine.h"
#include "tests/unit/kernel/specification.h"
#include "vcpu.h"

enum { INTERRUPTS_COMPARED = 100 }; /* of a vCPU: behind those that the generator names */

/* Cheaper than cmocka's, as nearly all agree. */
#define AGREE(kernel, expected)                                                                           \
    do {                                                                                                  \
        if ((uint64_t)(kernel) != (uint64_t)(expected))                                                   \
            fail_msg("%s is %#llx, the model has %#llx", #kernel, (unsigned long long)(uint64_t)(kernel), \
                     (unsigned long long)(uint64_t)(expected));                                           \
    } while (0)

static struct thread *real_thread(const struct model_object *thread)
{
    return container_of(thread->real, struct thread, object);
}

void compare_answer(const struct model_call *call, uint32_t answer)
{
    unsigned number = call->x[9] & 0xffff;
    const char *name = "no call";

    if (call->refusals == 0 ? answer == QUOLL_OK : answer < 32 && (call->refusals >> answer & 1) != 0)
        return;
    for (unsigned i = 0; i < specification_count; i++)
        if (specifications[i].number == number)
            name = specifications[i].name;
    fail_msg("%s answers %u; the manual allows the errors of the mask %#x%s", name, (unsigned)answer,
             (unsigned)call->refusals, call->refusals == 0 ? ": none" : "");
}

/* Of two vCPUs with one state page, the registers are those of who ran last. */
static bool shares_registers(const struct model_thread *thread)
{
    return thread->vcpu != NULL && thread->vcpu->state.object != NULL && thread->vcpu->state.object->range.shared;
}

static void compare_registers(struct model_object *object)
{
    const struct thread *thread = real_thread(object);
    const uint64_t *x = thread->arch.frame->x;
    struct model_thread *expected = &object->thread;

    expected->fresh = false;
    if (shares_registers(expected))
        return;
    for (unsigned i = 0; i < 8; i++)
        if ((expected->known >> i & 1) != 0)
            assert_int_equal(x[i], expected->x[i]);
    if ((expected->known >> 8 & 1) != 0 && (expected->also == 0 || x[8] != expected->also))
        assert_int_equal(x[8], expected->x[8]);
    for (unsigned i = 9; (expected->known >> 9 & 1) != 0 && i <= 18; i++)
        assert_int_equal(x[i], 0);
}

/* WFI may end with an interrupt that is active and pending, and while some flags are still to be raised. */
static void settle_wait(struct model_object *object)
{
    const struct thread *thread = real_thread(object);

    if (object->thread.state == WFI && thread->state == THREAD_READY &&
        (model_interrupt_pending(object, true) || thread->vcpu->raised != 0))
        object->thread.state = READY;
}

static void compare_thread(struct model_object *object)
{
    static const enum thread_state states[] = {
        [NEW] = THREAD_NEW,         [READY] = THREAD_READY,
        [WAITING] = THREAD_WAITING, [NOTIFICATION] = THREAD_NOTIFICATION,
        [CALLING] = THREAD_CALLING, [QUEUED] = THREAD_QUEUED,
        [WFI] = THREAD_WFI,
    };
    const struct thread *thread = real_thread(object);
    const struct model_thread *expected = &object->thread;

    settle_wait(object);
    const struct thread *callee = expected->callee != NULL ? real_thread(expected->callee) : NULL;
    const struct thread *serving = expected->serving != NULL ? real_thread(expected->serving) : NULL;

    if (thread->state != states[expected->state] || thread->suspended != expected->suspended ||
        thread->faulted != expected->faulted || thread->callee != callee || thread->serving != serving)
        fail_msg(
            "thread %p: state %u, suspended %d, faulted %d, callee %p, serving %p; the model has %u, %d, %d, %p, %p",
            (const void *)thread, thread->state, thread->suspended, thread->faulted, (void *)thread->callee,
            (void *)thread->serving, states[expected->state], expected->suspended, expected->faulted,
            (const void *)callee, (const void *)serving);
    if (expected->state == QUEUED)
        AGREE(UINT8_MAX - thread->in_callers.key, expected->lent);
    if (object->thread.fresh)
        compare_registers(object);
}

void compare_touched(void)
{
    for (unsigned i = 0; i < model.count; i++)
        if (model.object[i].alive && model.object[i].type == QUOLL_TYPE_THREAD)
            compare_thread(&model.object[i]);
}

void compare_current(void)
{
    const struct model_object *current = NULL;

    if (core->current == NULL)
        return;
    current = model_find(&core->current->object);
    assert_non_null(current);
    assert_true(model_can_run(current));
    assert_true(model_paid(current));
}

void compare_queue(const struct model_object *server, const struct model_object *caller)
{
    for (unsigned i = 0; i < model.count; i++) {
        const struct model_object *other = &model.object[i];

        if (other->alive && other->type == QUOLL_TYPE_THREAD && other->thread.state == QUEUED &&
            other->thread.callee == server && other->thread.lent > caller->thread.lent)
            fail_msg("a caller of priority %u is taken, one of %u waits", caller->thread.lent, other->thread.lent);
    }
}

void compare_acknowledge(const struct model_object *thread, uint64_t interrupt)
{
    const struct model_interrupt_state *states = thread->thread.vcpu->interrupt;

    assert_true(states[interrupt].enabled && !states[interrupt].active);
    assert_true(states[interrupt].latched || (states[interrupt].level && states[interrupt].line));
    for (unsigned i = 0; real_thread(thread)->vcpu->raised == 0 && i < INTERRUPTS_COMPARED; i++)
        if (states[i].enabled && !states[i].active && (states[i].latched || (states[i].level && states[i].line)))
            assert_in_range(states[i].priority, states[interrupt].priority, UINT8_MAX);
}

/* What has been used of the budget, with what is not charged yet. */
static uint64_t used(const struct budget *budget)
{
    bool runs = core->payer != NULL && core->payer->budget == budget;

    uint64_t uncharged = budget->used_until != 0 ? budget->used_until - budget->used_since : 0;

    return budget->used + uncharged + (runs ? host.counter - core->payer_since : 0);
}

void compare_time(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < model.count; i++)
        if (model.object[i].alive && model.object[i].type == QUOLL_TYPE_BUDGET)
            sum += used(container_of(model.object[i].real, struct budget, object));
    if (model.timed)
        AGREE(sum - model.used, model.payer != NULL ? host.counter - model.looked : 0);
    model.timed = true;
    model.used = sum;
    model.looked = host.counter;
    model.payer = core->payer != NULL ? model_find(&core->payer->object) : NULL;
}

void compare_destroyed(void)
{
    model.timed = false; /* what they used is no longer in the sum */
    for (unsigned i = 0; i < model.count; i++) {
        struct model_object *object = &model.object[i];

        if (!object->alive || object->type != QUOLL_TYPE_BUDGET)
            continue;
        object->budget.share = container_of(object->real, struct budget, object)->share;
        object->budget.time = object->budget.period * object->budget.share >> 32;
    }
}

static void compare_slot(const struct slot *slot, const struct model_slot *expected)
{
    if (slot->object == NULL && expected->object == NULL)
        return;
    AGREE((uintptr_t)slot->object, (uintptr_t)(expected->object != NULL ? expected->object->real : NULL));
    if (expected->use == USE_CAPABILITY)
        AGREE(slot->rights, expected->rights);
    AGREE(slot->label, expected->label);
    AGREE(slot->depth, expected->depth);
}

static void compare_domain(const struct model_object *object)
{
    const struct domain *domain = container_of(object->real, struct domain, object);
    unsigned mappings = 0;

    AGREE(domain->capability_count, object->domain.count);
    for (unsigned i = 0; i < object->domain.count; i++)
        compare_slot(&domain->capabilities[i], &object->domain.slots[i]);
    compare_slot(&domain->pager, &object->domain.pager);
    for (const struct ordered_node *node = domain->mappings.first; node != NULL; node = ordered_next(node)) {
        const struct mapping *mapping = container_of(node, struct mapping, in_domain);
        const struct model_object *expected = model_find(mapping);

        assert_non_null(expected);
        AGREE(expected->type, MODEL_MAPPING);
        AGREE(expected->mapping.address, node->key);
        AGREE(expected->mapping.size, mapping->size);
        AGREE(expected->mapping.offset, mapping->offset);
        AGREE(expected->mapping.attributes, mapping->attributes);
        assert_ptr_equal(expected->mapping.memory->real, &mapping->memory->object);
        mappings++;
    }
    for (unsigned i = 0; i < model.count; i++)
        if (model.object[i].alive && model.object[i].type == MODEL_MAPPING && model.object[i].mapping.domain == object)
            mappings--;
    AGREE(mappings, 0);
}

static void compare_references(struct model_object *object)
{
    const struct thread *thread = real_thread(object);
    const struct model_thread *expected = &object->thread;

    compare_slot(&thread->call, &expected->call);
    compare_slot(&thread->bound, &expected->bound);
    compare_slot(&thread->supervisor, &expected->supervisor);
    compare_slot(&thread->budget_reference, &expected->budget);
    AGREE(thread->priority, expected->priority);
    AGREE(list_linked(&thread->in_faults), expected->record != 0);
    AGREE(thread->orphan, expected->orphan);
    if (expected->vcpu == NULL) {
        AGREE(thread->arch.frame->pc, expected->pc);
        return;
    }
    AGREE(thread->vcpu->page != NULL, expected->vcpu->page);
    for (unsigned i = 0; i < INTERRUPTS_COMPARED; i++) {
        uint64_t state = 0;
        const struct model_interrupt_state *interrupt = &expected->vcpu->interrupt[i];

        /* What is kept for later is raised by this call. */
        if (i >= expected->vcpu->base && i - expected->vcpu->base < 64 &&
            (thread->vcpu->raised >> (i - expected->vcpu->base) & 1) != 0)
            (void)model_raised_again(object, i);
        assert_int_equal(virtual_interrupt_get(thread->vcpu, i, &state), QUOLL_OK);
        AGREE((state & QUOLL_VIRQ_PENDING) != 0, interrupt->latched || (interrupt->level && interrupt->line));
        AGREE((state & QUOLL_VIRQ_ACTIVE) != 0, interrupt->active);
    }
}

static void compare_object(struct model_object *object)
{
    switch (object->type) {
    case QUOLL_TYPE_DOMAIN:
        compare_domain(object);
        break;
    case QUOLL_TYPE_THREAD:
        compare_references(object);
        break;
    case QUOLL_TYPE_BUDGET: {
        const struct budget *budget = container_of(object->real, struct budget, object);

        AGREE(budget->share, object->budget.share);
        AGREE(budget->time, object->budget.time);
        compare_slot(&budget->parent, &object->budget.parent);
        compare_slot(&budget->report, &object->budget.report);
        break;
    }
    case QUOLL_TYPE_PORTAL:
        compare_slot(&container_of(object->real, struct portal, object)->server, &object->portal.server);
        break;
    case QUOLL_TYPE_NOTIFICATION:
        AGREE(container_of(object->real, struct notification, object)->pending, object->notification.pending);
        break;
    case QUOLL_TYPE_INTERRUPT:
        compare_slot(&container_of(object->real, struct interrupt, object)->notification,
                     &object->interrupt.notification);
        break;
    default:
        break;
    }
}

void compare_all(void)
{
    compare_touched();
    for (unsigned i = 0; i < model.count; i++)
        if (model.object[i].alive)
            compare_object(&model.object[i]);
}
