/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A wake that switches at once.
 *
 * Most often a thread is woken by the last thing that the kernel does before it leaves, and is more urgent than whoever
 * ran. Then the choice is known: schedule_leave's was made when the payer began to run, nothing that it depends on has
 * changed since (core->reschedule), so the woken thread comes before everybody in the queues if it comes before the
 * payer. notification_preempt does in this case what notification_raise and schedule_leave do together. It leaves two
 * things for later that are as good then: the woken owner is not put into a queue (PLACE_RUNNING), and the payer's use
 * of its budget is noted and settled when the budget is looked at (budget_used).
 *
 * The general path stays the one that decides: where anything at all is unusual, the answer here is false, and nothing
 * has changed.
 */
#pragma once

#include "arch.h"
#include "arch_vcpu_inline.h"
#include "budget.h"
#include "calls.h"
#include "notification.h"
#include "schedule.h"
#include "thread.h"
#include "trace.h"

/* core->bar, or above all priorities when the general path has to decide; then there is a payer, too. */
static inline unsigned schedule_bar(const struct core *core)
{
    typedef uint16_t __attribute__((may_alias)) both;

    static_assert(offsetof(struct core, bar) % 2 == 0 &&
                      offsetof(struct core, reschedule) == offsetof(struct core, bar) + 1,
                  "read as one, least significant byte first");
    return *(const both *)(const void *)&core->bar;
}

/* Could the thread run on its own time, were it woken? It is not in a call, nor has callers. */
static inline bool schedule_can_start(const struct thread *thread, uint64_t now)
{
    if (thread->place != PLACE_NONE || thread->fault_pending)
        return false;
    if (thread->budget == NULL)
        return false;
    return thread->budget->now.at <= now;
}

/* Would schedule_leave, after this thread's wake, choose it? */
static inline bool schedule_preempts(const struct core *core, const struct thread *thread, uint64_t now)
{
    return thread->priority > schedule_bar(core) && schedule_can_start(thread, now);
}

/* The hardware's timer, for a payer whose time ends then, though other refills may have come to join its first. */
static inline void schedule_set_end(const struct core *core, uint64_t end)
{
    if (core->timers.first != NULL && core->timers.first->key < end)
        end = core->timers.first->key;
    arch_timer_set_near(end);
}

/* The thread is woken, and runs from now on. */
static inline void schedule_start(struct core *core, struct thread *thread, uint64_t now)
{
    uint64_t end = now + thread->budget->now.amount;

    thread->state = THREAD_READY;
    thread->place = PLACE_RUNNING;
    core->current = thread;
    core->payer = thread;
    core->payer_since = now;
    core->bar = UINT8_MAX; /* the payer would have to be queued first */
    schedule_set_end(core, end);
}

/* The same instead of the payer, which it preempts. */
static inline void schedule_preempt(struct core *core, struct thread *thread, uint64_t now)
{
    budget_used(core->payer->budget, core->payer_since, now);
    schedule_start(core, thread, now);
}

/*
 * The payer, woken before everybody in the queues, has nothing more to execute: switch to whom schedule_leave would
 * choose, if that is the first in the queues itself, on its own time. Null: nothing has changed.
 */
static inline struct thread *schedule_resume(struct core *core, struct thread *payer)
{
    struct thread *next = NULL;
    struct budget *budget = NULL;
    uint64_t now = 0;

    if (core->reschedule || payer->place != PLACE_RUNNING || !list_empty(&core->revived))
        return NULL;
    next = schedule_highest(core);
    if (next == NULL || thread_condition_native(next) != core->plain || next->fault_pending)
        return NULL;
    if (next->vcpu != NULL && !arch_vcpu_resumes(next->vcpu))
        return NULL;
    budget = next->budget;
    now = arch_counter_entered();
    budget_settle_quickly(budget);
    if (budget->now.at > now)
        return NULL;

    budget_charge_quickly(payer->budget, now - core->payer_since, now);
    payer->place = PLACE_NONE;
    core->current = next;
    core->payer = next;
    core->payer_since = now;
    core->bar = next->priority;
    schedule_set_end(core, now + budget->now.amount);
    return next;
}

/*
 * Raise flags, of which there is at least one, if that makes the receiver run at once: answers it. Null: nothing has
 * changed. The kernel is about to be left.
 */
static inline struct thread *notification_preempt(struct core *core, struct notification *notification, uint64_t flags)
{
    struct thread *waiter = notification->waiter;
    struct thread *thread = waiter != NULL ? waiter : notification->bound;
    uint64_t state = waiter != NULL ? THREAD_NOTIFICATION : THREAD_WAITING;
    uint64_t x8 = waiter != NULL ? QUOLL_OK : (uint64_t)QUOLL_KIND_NOTIFICATION << 56;
    uint64_t now = 0;

    /* Neither suspended nor faulted, native, without deadline. */
    if (thread == NULL || thread_condition(thread) != (core->plain | state))
        return NULL;
    /* In reply_wait it cannot be in a call, nor have callers. Whoever stalled behind it is in its chain of callers. */
    if (waiter != NULL && (waiter->serving != NULL || waiter->callers.root != NULL))
        return NULL;
    now = arch_counter_entered();
    if (!schedule_preempts(core, thread, now))
        return NULL;

    trace_notify(notification, flags);
    /* Nothing was pending, or it would not have waited. */
    if (waiter != NULL) {
        notification->waiter = NULL;
        waiter->awaited = NULL;
    } else {
        thread->notified_last = true;
    }
    *thread_word(thread, 0) = flags;
    call_finish(thread, x8);
    schedule_preempt(core, thread, now);
    return thread;
}
