/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who runs: fixed priorities, on budgets.
 */
#pragma once

#include "core.h"
#include "thread.h"

/*
 * Choose who runs when the kernel is left: charges the time since the last choice, picks the highest-priority budget
 * owner and the end of its chain of calls, programs the core's timer. Returns core->current; null: idle.
 */
struct thread *schedule_leave(struct core *core);

/*
 * Program the core's timer for whatever comes first: one of its timers, or the end of the payer's time. When that has
 * come by `now`, it is to be chosen again who runs, and nothing else happens.
 */
void schedule_set_timer(struct core *core, uint64_t now);

/*
 * It is to be chosen who runs: for the moment it is not, and core->bar is that of all who could be. False where that
 * cannot be said in short; nobody's turn has changed.
 */
bool schedule_put_off(struct core *core);

/* The owner that comes first in the queues; null: they are empty. */
static inline struct thread *schedule_highest(const struct core *core)
{
#pragma GCC unroll 4
    for (int word = PRIORITY_COUNT / 64 - 1; word >= 0; word--) {
        if (core->ready[word] != 0) {
            int priority = word * 64 + 63 - __builtin_clzll(core->ready[word]);

            return container_of(core->queue[priority].next, struct thread, in_queue);
        }
    }
    return NULL;
}

/* The thread may have become, or ceased to be, somebody who should be in the run queue. */
void schedule_update(struct thread *thread);

/*
 * The same of one that has just been woken: it is queued, and nothing has to be chosen when it is not more urgent than
 * the payer.
 */
void schedule_woken(struct thread *thread);

/* The thread got or lost a budget: the same for those who work on its time. Bound: CHAIN_MAX. */
void schedule_update_chain(struct thread *thread);

/* The thread at the end of its chain can execute again: owners that stalled behind it go back to the queues. */
void schedule_revive(struct thread *thread);

/* The end of the chain of calls that starts at `thread`: itself when it does not wait for a callee. */
struct thread *schedule_chain_end(struct thread *thread);

/* Take an owner out of the list that it stands in; its place is PLACE_NONE then. */
void schedule_remove(struct thread *owner);

/* Charge the payer for the time until now. */
void schedule_charge(struct core *core);

/* An empty run queue. */
void schedule_init(struct core *core, unsigned number);
