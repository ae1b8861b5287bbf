/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notification.h"

#include "arch.h"
#include "calls.h"
#include "check.h"
#include "domain.h"
#include "pool.h"
#include "preempt.h"
#include "schedule.h"
#include "thread.h"
#include "trace.h"
#include "vcpu.h"

struct notification *notification_create(struct pool *pool)
{
    struct notification *notification = pool_allocate_object(pool, sizeof(*notification), QUOLL_TYPE_NOTIFICATION);

    if (notification != NULL)
        list_init(&notification->faults);
    return notification;
}

uint64_t notification_take(struct notification *notification)
{
    uint64_t flags = notification->pending;

    notification->pending = 0;
    return flags;
}

void notification_raise(struct notification *notification, uint64_t flags)
{
    struct thread *waiter = notification->waiter;
    struct thread *bound = notification->bound;

    notification->pending |= flags;
    if (notification->pending == 0)
        return;
    trace_notify(notification, flags);
    if (waiter != NULL) {
        timer_stop(waiter->core, &waiter->deadline);
        notification->waiter = NULL;
        waiter->awaited = NULL;
        *thread_word(waiter, 0) = notification_take(notification);
        thread_finish_wait(waiter, QUOLL_OK);
        thread_wake(waiter);
    } else if (bound != NULL && bound->vcpu != NULL) {
        vcpu_raise(bound, notification_take(notification));
    } else if (bound != NULL && bound->state == THREAD_WAITING) {
        timer_stop(bound->core, &bound->deadline);
        bound->notified_last = true;
        *thread_word(bound, 0) = notification_take(notification);
        thread_finish_wait(bound, (uint64_t)QUOLL_KIND_NOTIFICATION << 56);
        thread_wake(bound);
    }
}

enum quoll_error notification_check_reference(const struct slot *capability, uint64_t flags)
{
    return (flags & capability->label) != 0 ? slot_check_derive(capability) : QUOLL_BAD_ARGUMENT;
}

void notification_refer(struct slot *reference, struct slot *capability, uint64_t flags)
{
    slot_clear(reference);
    slot_derive(reference, capability, 0, flags & capability->label);
}

void notification_raise_slot(const struct slot *slot, uint64_t flags)
{
    if (slot->object != NULL)
        notification_raise(container_of(slot->object, struct notification, object), flags & slot->label);
}

/* Nothing names the notification any more; who waits on it by a capability that is gone gets PEER_DEAD. */
enum progress notification_destroy_step(struct notification *notification)
{
    struct thread *waiter = notification->waiter;

    if (waiter != NULL) {
        thread_cancel_wait(waiter);
        call_finish(waiter, QUOLL_PEER_DEAD);
        thread_wake(waiter);
    }
    CHECK(list_empty(&notification->faults) && notification->bound == NULL);
    return PROGRESS_DONE;
}

int pool_call_create_notification(struct call *call)
{
    struct notification *notification = NULL;
    struct slot *slot = NULL;
    enum quoll_error error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error != QUOLL_OK)
        return error;
    notification = notification_create(container_of(call->object, struct pool, object));
    if (notification == NULL)
        return QUOLL_NO_MEMORY;
    slot_set_first(slot, &notification->object, UINT64_MAX);
    return QUOLL_OK;
}

int notification_call_signal(struct call *call)
{
    struct notification *notification = container_of(call->object, struct notification, object);
    uint64_t flags = call->value[0] & call->slot->label;

    if (flags == 0)
        return QUOLL_BAD_ARGUMENT;
    if (!notification_preempt(call->thread->core, notification, flags))
        notification_raise(notification, flags);
    return QUOLL_OK;
}

int notification_call_wait(struct call *call)
{
    struct notification *notification = container_of(call->object, struct notification, object);
    struct thread *thread = call->thread;
    uint64_t deadline = call->value[0];

    if (notification->waiter != NULL || (notification->bound != NULL && notification->bound != thread))
        return QUOLL_BUSY;
    if (notification->pending != 0) {
        call_result(call, 0, notification_take(notification));
        return QUOLL_OK;
    }
    if (thread->vcpu != NULL || (thread->budget == NULL && thread->serving == NULL))
        return QUOLL_NO_BUDGET;
    if (deadline <= arch_counter())
        return QUOLL_TIMEOUT;
    thread->state = THREAD_NOTIFICATION;
    thread->awaited = notification;
    notification->waiter = thread;
    if (deadline != QUOLL_FOREVER) {
        thread->wait = WAIT_DEADLINE;
        timer_start(thread->core, &thread->deadline, TIMER_DEADLINE, deadline);
    } else {
        timer_stop(thread->core, &thread->deadline);
    }
    schedule_update(thread);
    return ANSWER_BLOCKED;
}

int notification_call_bind(struct call *call)
{
    struct notification *notification = container_of(call->object, struct notification, object);
    struct thread *thread = container_of(call->capability[0]->object, struct thread, object);
    enum quoll_error error = slot_check_derive(call->slot);

    if (thread->vcpu != NULL)
        return QUOLL_BAD_ARGUMENT; /* thread_bind_virtual_interrupts is for those */
    if (thread->budget == NULL)
        return QUOLL_NO_BUDGET;
    if (notification->bound != NULL || notification->waiter != NULL || thread->bound.object != NULL)
        return QUOLL_BUSY;
    if (error != QUOLL_OK)
        return error;
    slot_derive(&thread->bound, call->slot, 0, 0);
    notification->bound = thread;
    notification_raise(notification, 0); /* what is pending reaches a thread that waits already */
    return QUOLL_OK;
}

int notification_call_take_fault(struct call *call)
{
    struct notification *notification = container_of(call->object, struct notification, object);
    struct list *first = list_first(&notification->faults);
    struct thread *thread = NULL;

    if (first == NULL)
        return QUOLL_NOT_FOUND;
    thread = container_of(first, struct thread, in_faults);
    list_remove(first);
    call_result(call, 0, thread->supervisor_label);
    call_result(call, 1, thread->fault.reason);
    call_result(call, 2, thread->fault.pc);
    call_result(call, 3, thread->fault.address);
    call_result(call, 4, thread->fault.syndrome);
    call_result(call, 5, arch_thread_register(thread, QUOLL_REGISTER_SP));
    call_result(call, 6, arch_thread_register(thread, 29));
    call_result(call, 7, arch_thread_register(thread, 30));
    return QUOLL_OK;
}
