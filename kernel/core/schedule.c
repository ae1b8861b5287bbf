/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The scheduler. The run queue holds budget owners, not threads with something to execute: an owner whose call is
 * being served stays where it is, and when it is picked the end of its chain of calls runs, on its time. When the
 * thread at the end cannot execute (it waits for a notification, is suspended), the owner stalls behind it and comes
 * back when that changes.
 */
#include "schedule.h"

#include "arch.h"
#include "budget.h"
#include "check.h"
#include "portal.h"
#include "trace.h"

struct core cores[CORES_STARTED];

static void ready_append(struct thread *owner)
{
    struct core *core = owner->core;

    list_append(&core->queue[owner->priority], &owner->in_queue);
    core->ready[owner->priority / 64] |= UINT64_C(1) << (owner->priority % 64);
    owner->place = PLACE_READY;
}

/* The payer, which was woken before everybody in the queues, takes its place in them: it is the first. */
static __attribute__((noinline)) void queue_running(struct core *core)
{
    struct thread *owner = core->payer;

    if (owner == NULL || owner->place != PLACE_RUNNING)
        return;
    list_prepend(&core->queue[owner->priority], &owner->in_queue);
    core->ready[owner->priority / 64] |= UINT64_C(1) << (owner->priority % 64);
    owner->place = PLACE_READY;
}

void schedule_remove(struct thread *owner)
{
    struct core *core = owner->core;

    if (owner->place != PLACE_RUNNING)
        list_remove(&owner->in_queue);
    if (owner->place == PLACE_READY && list_empty(&core->queue[owner->priority]))
        core->ready[owner->priority / 64] &= ~(UINT64_C(1) << (owner->priority % 64));
    owner->place = PLACE_NONE;
    if (owner->budget != NULL)
        budget_settle(owner->budget);
}

static void stall(struct thread *owner, struct thread *behind)
{
    schedule_remove(owner);
    list_append(&behind->stalled, &owner->in_queue);
    if (behind->stalled_top < owner->priority)
        behind->stalled_top = owner->priority;
    owner->place = PLACE_STALLED;
}

/* Serves nobody, or somebody whose time, and that of whoever waits for him, is gone for good. Bound: CHAIN_MAX. */
static bool is_unpaid(const struct thread *thread)
{
    const struct thread *caller = thread->serving;

    while (caller != NULL && caller->budget == NULL)
        caller = caller->serving;
    return caller == NULL;
}

/*
 * Does the thread itself, with its own budget, pay for something that could run? A caller that is suspended pays on
 * until its call is over: otherwise whoever suspends a client would stop the client's server with it.
 */
static bool is_owner(const struct thread *thread)
{
    bool active = thread_can_run(thread) || thread->state == THREAD_CALLING || thread->state == THREAD_QUEUED;

    return thread->budget != NULL && active && is_unpaid(thread) && thread->place != PLACE_EXHAUSTED;
}

void schedule_update(struct thread *thread)
{
    bool wanted = is_owner(thread);

    if (wanted && thread->place == PLACE_NONE)
        ready_append(thread);
    else if (!wanted && thread->place != PLACE_NONE && thread->place != PLACE_EXHAUSTED)
        schedule_remove(thread);
    thread->core->reschedule = true;
}

void schedule_woken(struct thread *thread)
{
    struct core *core = thread->core;

    if (thread->place != PLACE_NONE || !is_owner(thread)) {
        schedule_update(thread);
        return;
    }
    ready_append(thread);
    if (core->payer == NULL || core->payer == thread || thread->priority > core->payer->priority)
        core->reschedule = true;
}

void schedule_update_chain(struct thread *thread)
{
    schedule_update(thread);
    while (thread->state == THREAD_CALLING || thread->state == THREAD_QUEUED) {
        thread = thread->callee;
        schedule_update(thread);
    }
}

void schedule_revive(struct thread *thread)
{
    struct core *core = thread->core;
    struct list *first = thread->stalled.next;
    struct list *last = thread->stalled.previous;

    if (list_empty(&thread->stalled))
        return;
    first->previous = core->revived.previous;
    last->next = &core->revived;
    core->revived.previous->next = first;
    core->revived.previous = last;
    list_init(&thread->stalled);
    if (core->revived_top < thread->stalled_top)
        core->revived_top = thread->stalled_top;
    thread->stalled_top = 0;
    core->reschedule = true;
}

struct thread *schedule_chain_end(struct thread *thread)
{
    /* Bound: CHAIN_MAX links, kept by portal.c. */
    while (thread->state == THREAD_CALLING || thread->state == THREAD_QUEUED)
        thread = thread->callee;
    return thread;
}

void schedule_charge(struct core *core)
{
    uint64_t now = arch_counter();

    if (core->payer != NULL && core->payer->budget != NULL)
        budget_charge(core->payer->budget, now - core->payer_since, now);
    core->payer_since = now;
}

/* schedule_highest, where it is short that counts. */
static __attribute__((noinline)) const struct thread *highest(const struct core *core)
{
    return schedule_highest(core);
}

/*
 * Put owners that were stalled back into the queues, unless somebody is there who comes before all of them: there may
 * be any number of them. False when an interrupt came before all were: whoever is chosen then may not be the first.
 */
static bool take_revived(struct core *core)
{
    const struct thread *first = highest(core);
    struct list *node = NULL;

    if (first != NULL && first->priority > core->revived_top)
        return true;
    while ((node = list_first(&core->revived)) != NULL) {
        struct thread *owner = container_of(node, struct thread, in_queue);

        schedule_remove(owner);
        ready_append(owner);
        if (arch_interrupt_waiting())
            return list_empty(&core->revived);
    }
    core->revived_top = 0;
    return true;
}

/* The owner has no time left: it comes back with its next refill. */
static void exhaust(struct thread *owner)
{
    struct budget *budget = owner->budget;

    schedule_remove(owner);
    owner->place = PLACE_EXHAUSTED;
    timer_start(owner->core, &budget->timer, TIMER_REPLENISH, budget_next_refill(budget));
    trace_exhaust(budget);
    budget_report_overrun(budget);
}

/* The thread at the end of the owner's chain is faulted: whoever waits for it directly is told. */
static void fail_caller_of(struct thread *owner, const struct thread *end)
{
    while (owner->callee != end)
        owner = owner->callee;
    portal_fail_call(owner, QUOLL_PEER_DEAD);
}

/*
 * Whom the owner, first in its queue, would run; null when nobody, and then something was done about it so that the
 * next look is at something else.
 */
static struct thread *runnable_of(struct thread *owner, uint64_t now)
{
    struct thread *end = NULL;

    if (budget_available(owner->budget, now) == 0) {
        exhaust(owner);
        return NULL;
    }
    end = schedule_chain_end(owner);
    if (end->fault_pending && !end->faulted) {
        thread_fault(end, (enum quoll_fault_reason)end->fault.reason, end->fault.address, end->fault.syndrome);
        return NULL;
    }
    if (thread_can_run(end))
        return end;
    if (end->faulted && end != owner)
        fail_caller_of(owner, end);
    else
        stall(owner, end);
    return NULL;
}

void schedule_set_timer(struct core *core, uint64_t now)
{
    uint64_t limit = core->timers.first != NULL ? core->timers.first->key : UINT64_MAX;

    if (core->payer != NULL) {
        uint64_t end = core->payer_since + budget_available(core->payer->budget, core->payer_since);

        if (end <= now) {
            core->reschedule = true;
            return;
        }
        if (limit < core->timers_from) {
            limit = core->timers_from;
            core->reschedule = true; /* no short way shall set the timer to what is due */
        }
        limit = end < limit ? end : limit;
    }
    arch_timer_set(limit);
}

bool schedule_put_off(struct core *core)
{
    const struct thread *first = NULL;

    if (core->payer == NULL || core->payer->budget == NULL)
        return false;
    queue_running(core);
    if (core->payer->place != PLACE_READY)
        schedule_charge(core); /* it may be whom the interrupt is for */
    first = highest(core);
    core->bar = core->revived_top;
    if (first != NULL && first->priority > core->bar)
        core->bar = first->priority;
    core->reschedule = false;
    return true;
}

struct thread *schedule_leave(struct core *core)
{
    struct thread *owner = NULL;
    struct thread *next = NULL;
    bool interrupted = false;
    bool revived = true;

    if (!core->reschedule && core->current != NULL)
        return core->current;
    schedule_charge(core);
    queue_running(core);
    /* Preemptible: when an interrupt waits, idling takes it at once and the choice starts again. */
    while (next == NULL && !interrupted) {
        revived = list_empty(&core->revived) || take_revived(core);
        interrupted = !revived;
        owner = schedule_highest(core);
        if (owner == NULL)
            break;
        next = runnable_of(owner, core->payer_since);
        interrupted = interrupted || (next == NULL && arch_interrupt_waiting());
    }
    core->reschedule = (next == NULL && owner != NULL) || !revived;
    core->current = next;
    core->payer = next != NULL ? owner : NULL;
    core->bar = next != NULL ? owner->priority : UINT8_MAX;
    schedule_set_timer(core, core->payer_since);
    return next;
}

void schedule_init(struct core *core, unsigned number)
{
    core->number = number;
    core->plain = thread_plain(core, THREAD_READY);
    core->reschedule = true;
    list_init(&core->revived);
    for (unsigned i = 0; i < PRIORITY_COUNT; i++)
        list_init(&core->queue[i]);
}
