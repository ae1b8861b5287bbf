/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "thread.h"

#include "arch.h"
#include "budget.h"
#include "calls.h"
#include "check.h"
#include "domain.h"
#include "notification.h"
#include "pool.h"
#include "portal.h"
#include "schedule.h"
#include "trace.h"
#include "vcpu.h"

struct thread *thread_create(struct pool *pool, struct domain *domain, struct core *core, uint8_t priority,
                             uint8_t priority_limit)
{
    struct thread *thread = pool_allocate_object(pool, sizeof(*thread), QUOLL_TYPE_THREAD);

    if (thread == NULL)
        return NULL;
    thread->core = core;
    thread->core_number = (uint8_t)core->number;
    thread->domain = domain;
    thread->capabilities = domain->capabilities;
    thread->capability_count = domain->capability_count;
    thread->state = THREAD_NEW;
    thread->passive = true;
    thread->priority = priority;
    thread->priority_limit = priority_limit;
    list_init(&thread->stalled);
    slot_reference_init(&thread->budget_reference, SLOT_BUDGET);
    slot_reference_init(&thread->call, SLOT_CALL);
    slot_reference_init(&thread->bound, SLOT_BOUND);
    slot_reference_init(&thread->supervisor, SLOT_SUPERVISOR);
    list_append(&domain->threads, &thread->in_domain);
    arch_thread_init(thread);
    return thread;
}

void thread_wake(struct thread *thread)
{
    thread->state = THREAD_READY;
    schedule_woken(thread);
    schedule_revive(thread);
}

void thread_finish_wait(struct thread *thread, uint64_t x8)
{
    call_finish(thread, (thread->wait & WAIT_NO_CALLER) != 0 ? x8 | QUOLL_X8_NO_CALLER : x8);
    thread->wait = 0;
}

void thread_cancel_wait(struct thread *thread)
{
    if (thread->state == THREAD_CALLING || thread->state == THREAD_QUEUED)
        portal_abandon_call(thread);
    if (thread->awaited != NULL)
        thread->awaited->waiter = NULL;
    thread->awaited = NULL;
    timer_stop(thread->core, &thread->deadline);
    thread->wait = 0;
    thread->state = THREAD_READY;
}

static struct notification *supervisor(const struct thread *thread)
{
    struct object *object = thread->supervisor.object;

    return object != NULL ? container_of(object, struct notification, object) : NULL;
}

void thread_fault(struct thread *thread, enum quoll_fault_reason reason, uint64_t address, uint64_t syndrome)
{
    struct notification *notification = supervisor(thread);

    if (thread->object.permanent)
        arch_panic_thread(thread, reason, address, syndrome);
    thread->faulted = true;
    thread->fault_pending = false;
    thread->fault = (struct fault_record){
        .reason = reason,
        .pc = arch_thread_register(thread, QUOLL_REGISTER_PC),
        .address = address,
        .syndrome = syndrome,
    };
    trace_fault(thread, reason, address);
    portal_end_service(thread, QUOLL_PEER_DEAD);
    schedule_update(thread);
    if (notification != NULL) {
        list_append(&notification->faults, &thread->in_faults);
        notification_raise(notification, thread->supervisor.label);
    }
}

void thread_fault_later(struct thread *thread, enum quoll_fault_reason reason, uint64_t address, uint64_t syndrome)
{
    if (thread->faulted)
        return; /* its record says why already */
    thread->fault_pending = true;
    thread->fault = (struct fault_record){.reason = reason, .address = address, .syndrome = syndrome};
    thread->core->reschedule = true;
}

static void drop_fault(struct thread *thread)
{
    if (list_linked(&thread->in_faults))
        list_remove(&thread->in_faults);
    thread->faulted = false;
    thread->fault_pending = false;
    thread->imprecise = false;
}

void thread_supervisor_lost(struct thread *thread)
{
    if (list_linked(&thread->in_faults))
        list_remove(&thread->in_faults);
}

void thread_budget_lost(struct thread *thread)
{
    if (thread->core->payer == thread)
        schedule_charge(thread->core);
    if (thread->budget != NULL) {
        budget_settle(thread->budget);
        thread->budget->owner = NULL;
        if (thread->place == PLACE_EXHAUSTED)
            thread->place = PLACE_NONE;
    }
    thread->budget = NULL;
    thread->passive = true;
    schedule_update_chain(thread);
    if (thread->core->payer == thread)
        thread->core->payer = NULL;
}

/* A step of taking a thread out of its calls; each walks along a chain of them. */
static enum progress end_calls_step(struct thread *thread)
{
    struct ordered_node *caller = thread->callers.first;

    if (caller != NULL)
        portal_fail_call(container_of(caller, struct thread, in_callers), QUOLL_PEER_DEAD);
    else if (thread->serving != NULL)
        portal_end_service(thread, QUOLL_PEER_DEAD);
    else if (thread->state == THREAD_CALLING || thread->state == THREAD_QUEUED)
        thread_cancel_wait(thread);
    else
        return PROGRESS_DONE;
    schedule_update(thread);
    return PROGRESS_MORE;
}

/* Nothing names the thread any more. One call a step, some of the match table, its budget, then the rest at once. */
enum progress thread_destroy_step(struct thread *thread)
{
    struct core *core = thread->core;

    if (!thread->suspended) {
        thread->suspended = true;
        schedule_update(thread);
    }
    if (end_calls_step(thread) == PROGRESS_MORE)
        return PROGRESS_MORE;
    if (thread->vcpu != NULL && match_clear_step(thread->vcpu) == PROGRESS_MORE)
        return PROGRESS_MORE;
    if (thread->budget != NULL) {
        slot_clear(&thread->budget_reference);
        thread_budget_lost(thread);
        return PROGRESS_MORE;
    }
    thread_cancel_wait(thread);
    schedule_revive(thread);
    drop_fault(thread);
    slot_clear(&thread->supervisor);
    if (thread->bound.object != NULL)
        container_of(thread->bound.object, struct notification, object)->bound = NULL;
    slot_clear(&thread->bound);
    if (thread->vcpu != NULL)
        vcpu_destroy(thread->vcpu);
    arch_thread_forget(thread);
    if (core->current == thread)
        core->current = NULL; /* it is chosen anew then */
    list_remove(&thread->in_domain);
    return PROGRESS_DONE;
}

int pool_call_create_thread(struct call *call)
{
    struct pool *pool = container_of(call->object, struct pool, object);
    struct domain *domain = container_of(call->capability[1]->object, struct domain, object);
    uint64_t number = call->value[2];
    uint64_t priority = call->value[3];
    struct thread *thread = NULL;
    struct slot *slot = NULL;
    enum quoll_error error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error != QUOLL_OK)
        return error;
    if (domain->kind != QUOLL_DOMAIN_NATIVE || number >= CORES_STARTED || cores[number].root_budget == NULL ||
        priority > call->thread->priority_limit)
        return QUOLL_BAD_ARGUMENT;
    thread = thread_create(pool, domain, &cores[number], (uint8_t)priority, (uint8_t)priority);
    if (thread == NULL)
        return QUOLL_NO_MEMORY;
    slot_set_first(slot, &thread->object, 0);
    return QUOLL_OK;
}

int thread_call_start(struct call *call)
{
    struct thread *thread = container_of(call->object, struct thread, object);

    if (thread == call->thread || (thread->state != THREAD_NEW && !thread->suspended && !thread->faulted))
        return QUOLL_BAD_STATE;
    if (thread->vcpu == NULL &&
        (call->value[0] >= QUOLL_ADDRESS_LIMIT || !is_aligned(call->value[0], 4) || !is_aligned(call->value[1], 16)))
        return QUOLL_BAD_ARGUMENT;
    if (thread->vcpu != NULL && thread->vcpu->page == NULL)
        return QUOLL_BAD_STATE;
    portal_end_service(thread, QUOLL_PEER_DEAD);
    thread_cancel_wait(thread);
    drop_fault(thread);
    thread->suspended = false;
    thread->orphan = false;
    thread->notified_last = false;
    if (thread->vcpu == NULL)
        arch_thread_start(thread, call->value[0], call->value[1], call->value[2]);
    else
        arch_vcpu_reset(thread->vcpu);
    thread_wake(thread);
    return QUOLL_OK;
}

int thread_call_suspend(struct call *call)
{
    struct thread *thread = container_of(call->object, struct thread, object);

    thread->suspended = true;
    schedule_update(thread);
    return QUOLL_OK;
}

int thread_call_resume(struct call *call)
{
    struct thread *thread = container_of(call->object, struct thread, object);

    if (thread->state == THREAD_NEW)
        return QUOLL_BAD_STATE;
    thread->suspended = false;
    portal_serve_queued(thread);
    schedule_update(thread);
    schedule_revive(thread);
    return QUOLL_OK;
}

int thread_call_set_priority(struct call *call)
{
    struct thread *thread = container_of(call->object, struct thread, object);

    if (call->value[0] > call->thread->priority_limit)
        return QUOLL_BAD_ARGUMENT;
    if (thread->place != PLACE_NONE && thread->place != PLACE_EXHAUSTED)
        schedule_remove(thread);
    thread->priority = (uint8_t)call->value[0];
    schedule_update(thread);
    return QUOLL_OK;
}

int thread_call_set_budget(struct call *call)
{
    struct thread *thread = container_of(call->object, struct thread, object);
    struct budget *budget = container_of(call->capability[0]->object, struct budget, object);
    enum quoll_error error = slot_check_derive(call->capability[0]);

    if (budget->core != thread->core)
        return QUOLL_BAD_ARGUMENT;
    if (budget->owner != NULL)
        return QUOLL_BUSY;
    if (error != QUOLL_OK)
        return error;
    schedule_charge(thread->core);
    slot_clear(&thread->budget_reference);
    thread_budget_lost(thread);
    slot_derive(&thread->budget_reference, call->capability[0], 0, 0);
    thread->budget = budget;
    thread->passive = false;
    budget->owner = thread;
    if (ordered_linked(&budget->timer.node))
        thread->place = PLACE_EXHAUSTED;
    schedule_update_chain(thread);
    return QUOLL_OK;
}

int thread_call_set_supervisor(struct call *call)
{
    struct thread *thread = container_of(call->object, struct thread, object);
    struct slot *notification = call->capability[0];
    enum quoll_error error = notification_check_reference(notification, call->value[1]);

    if (error != QUOLL_OK)
        return error;
    thread_supervisor_lost(thread);
    notification_refer(&thread->supervisor, notification, call->value[1]);
    thread->supervisor_label = call->value[2];
    return QUOLL_OK;
}

static enum quoll_thread_state visible_state(const struct thread *thread)
{
    static const uint8_t states[] = {
        [THREAD_NEW] = QUOLL_THREAD_NEW,         [THREAD_READY] = QUOLL_THREAD_READY,
        [THREAD_WAITING] = QUOLL_THREAD_WAITING, [THREAD_NOTIFICATION] = QUOLL_THREAD_NOTIFICATION,
        [THREAD_CALLING] = QUOLL_THREAD_CALLING, [THREAD_QUEUED] = QUOLL_THREAD_QUEUED,
        [THREAD_WFI] = QUOLL_THREAD_WFI,
    };

    if (thread->faulted)
        return QUOLL_THREAD_FAULTED;
    if (thread->suspended)
        return QUOLL_THREAD_SUSPENDED;
    return (enum quoll_thread_state)states[thread->state];
}

int thread_call_status(struct call *call)
{
    const struct thread *thread = container_of(call->object, struct thread, object);

    schedule_charge(thread->core);
    if (thread->budget != NULL)
        budget_settle(thread->budget);
    call_result(call, 0, visible_state(thread));
    call_result(call, 1, thread->priority);
    call_result(call, 2, thread->core->number);
    call_result(call, 3, thread->budget != NULL ? thread->budget->used : 0);
    call_result(call, 4, arch_thread_register(thread, QUOLL_REGISTER_PC));
    return QUOLL_OK;
}

int thread_call_read_registers(struct call *call)
{
    const struct thread *thread = container_of(call->object, struct thread, object);
    uint64_t first = call->value[0];

    if (first >= QUOLL_REGISTER_COUNT)
        return QUOLL_BAD_ARGUMENT;
    if (thread_can_run(thread))
        return QUOLL_BUSY;
    for (unsigned i = 0; i < 8; i++)
        call_result(call, i, first + i < QUOLL_REGISTER_COUNT ? arch_thread_register(thread, (unsigned)first + i) : 0);
    return QUOLL_OK;
}
