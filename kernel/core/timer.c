/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timer.h"

#include "arch.h"
#include "budget.h"
#include "calls.h"
#include "core.h"
#include "notification.h"
#include "schedule.h"
#include "thread.h"
#include "vcpu.h"

/*
 * How many expire at once, and how many when something else waits to be taken. What is due besides follows after a
 * pause, in ticks, that the rest of this visit to the kernel does not use up.
 */
enum { TIMER_BATCH = 8, TIMER_BATCH_HURRIED = 2, TIMER_PAUSE = 64, TIMER_PAUSE_OVERTAKEN = 32 };

void timer_start(struct core *core, struct timer *timer, enum timer_kind kind, uint64_t deadline)
{
    timer_stop(core, timer);
    timer->kind = kind;
    ordered_insert(&core->timers, &timer->node, deadline);
    if (core->timers.first == &timer->node)
        core->reschedule = true; /* the hardware's deadline moves */
}

void timer_stop(struct core *core, struct timer *timer)
{
    if (ordered_linked(&timer->node))
        ordered_remove(&core->timers, &timer->node);
}

bool timer_runs(const struct timer *timer, uint64_t deadline)
{
    return ordered_linked(&timer->node) && timer->node.key == deadline;
}

/* The end of a wait. */
static void deadline_passed(struct thread *thread)
{
    if ((thread->wait & (WAIT_DEADLINE | WAIT_SAME_DEADLINE)) == 0)
        return; /* of a wait that a call has ended */
    if (thread->awaited != NULL)
        thread->awaited->waiter = NULL;
    thread->awaited = NULL;
    thread_finish_wait(thread, QUOLL_TIMEOUT);
    thread_wake(thread);
}

bool timer_wakes(struct core *core, uint64_t now)
{
    struct ordered_node *first = core->timers.first;
    struct timer *timer = first != NULL ? container_of(first, struct timer, node) : NULL;

    if (timer == NULL || timer->kind != TIMER_VCPU || first->key > now)
        return false;
    /* It leaves the set first, for the hardware is set to what comes next; both ways go on with it taken out. */
    timer_stop(core, timer);
    if (vcpu_timer_wakes(core, container_of(timer, struct vcpu, timer), now))
        return true;
    core->reschedule = true;
    vcpu_timer_fired(container_of(timer, struct vcpu, timer));
    return false;
}

bool timer_overtaken(struct core *core)
{
    uint64_t now = core->payer_since;
    uint64_t from = now + TIMER_PAUSE_OVERTAKEN;

    if (core->timers.first == NULL || core->timers.first->key >= from)
        return false;
    core->timers_from = from;
    schedule_set_timer(core, now);
    return true;
}

void timer_expire(struct core *core, uint64_t now)
{
    for (unsigned i = 0; i < TIMER_BATCH; i++) {
        struct timer *timer = NULL;

        if (core->timers.first == NULL || core->timers.first->key > now) {
            if (!core->reschedule)
                schedule_set_timer(core, now);
            return;
        }
        if (i >= TIMER_BATCH_HURRIED && arch_interrupt_waiting())
            break;
        timer = container_of(core->timers.first, struct timer, node);
        timer_stop(core, timer);
        switch (timer->kind) {
        case TIMER_DEADLINE:
            deadline_passed(container_of(timer, struct thread, deadline));
            break;
        case TIMER_REPLENISH:
            budget_replenished(container_of(timer, struct budget, timer));
            break;
        case TIMER_VCPU:
            vcpu_timer_fired(container_of(timer, struct vcpu, timer));
            break;
        case TIMER_RAISE:
            vcpu_raise(container_of(timer, struct vcpu, raise_timer)->thread, 0);
            i += TIMER_BATCH_HURRIED; /* it takes as long as some others */
            break;
        }
    }
    core->timers_from = arch_counter() + TIMER_PAUSE;
    core->reschedule = true;
}
