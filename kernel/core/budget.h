/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A budget: CPU time per period on one core, kept as a sporadic server.
 *
 *   now        may be used once its time has come
 *   later[]    what was used: it comes back one period after its use began, as a refill of its own
 *
 * When there are as many as the budget may keep, some merge to the later time (docs/decisions/0010-replenishment-
 * merging.md), which never gives more than `time` in any window of `period`.
 *
 * Whoever preempts its owner only notes from when to when it was used last (budget_used); that is settled before the
 * budget is looked at for anything else.
 */
#pragma once

#include "object.h"
#include "timer.h"
#include "trace.h"

struct thread;

struct refill {
    uint64_t at;     /* counter from which on it may be used; QUOLL_FOREVER: there is none */
    uint64_t amount; /* ticks */
};

/* Protection: the budget's core. */
struct budget {
    struct object object;
    struct refill now;
    uint64_t used_since, used_until; /* a use that is not settled; until 0: none */
    struct core *core;
    struct thread *owner;
    struct timer timer;
    uint64_t period;        /* ticks */
    uint64_t time;          /* ticks a period */
    uint64_t used;          /* ticks since it was made */
    uint64_t charged_until; /* counter at the end of the last use */
    uint64_t last_began;    /* the last refill's `at`, had none been joined to it since it was added */
    uint64_t grain;         /* ticks; refills of a full budget that are closer than this are joined */
    struct refill *last;    /* of later; null: there is none */
    unsigned later_first, later_count, refill_max;
    struct refill later[QUOLL_REPLENISHMENTS_MAX]; /* a ring */
    uint64_t overruns;                             /* times it ran out */
    uint64_t share;     /* time / period in 2^-32 of the core, rounded up; shrinks as shares are given away */
    struct slot parent; /* the budget its share was taken from */
    struct slot report; /* notification told of overruns; label: flags */
};

#define BUDGET_SHARE_WHOLE (UINT64_C(1) << 32)
#define BUDGET_TIME_MIN    UINT64_C(64)         /* ticks */
#define BUDGET_PERIOD_MAX  UINT64_C(0xffffffff) /* ticks, so that products with a share fit; 68 s at 62.5 MHz */

struct budget *budget_create(struct pool *pool, struct core *core, uint64_t time, uint64_t period, unsigned refill_max);

/* Ticks that may be used from `now` on; 0: exhausted. Joins refills whose time has come. */
uint64_t budget_available(struct budget *budget, uint64_t now);
/* When the next refill comes, for an exhausted budget. */
uint64_t budget_next_refill(const struct budget *budget);
/* `ticks` up to `now` were used; they come back a period after `now - ticks`. */
void budget_charge(struct budget *budget, uint64_t ticks, uint64_t now);
/* Charge what budget_used noted. */
void budget_settle(struct budget *budget);
/* Tell who wants to know that the budget ran out. */
void budget_report_overrun(struct budget *budget);

enum progress budget_destroy_step(struct budget *budget);

/* Its refill has come: the owner may run again. */
void budget_replenished(struct budget *budget);

/*
 * The usual case of budget_charge: some of `now` is left, and what was taken joins the last refill at the later time,
 * for the use began within a grain of it and there is no room for another. False: nothing has changed.
 */
static inline bool budget_charge_last(struct budget *budget, uint64_t ticks, uint64_t now)
{
    uint64_t at = now - ticks + budget->period;
    struct refill *last = budget->last;

    if (ticks >= budget->now.amount || last == NULL || budget->later_count + 1 < budget->refill_max)
        return false;
    if (at - budget->last_began >= budget->grain || last->at >= at || now - ticks == budget->charged_until)
        return false;
    budget->now.amount -= ticks;
    budget->used += ticks;
    budget->charged_until = now;
    last->amount += ticks;
    last->at = at;
    trace_charge(budget, ticks);
    return true;
}

/* budget_charge, and budget_settle, where that is usual. */
static inline void budget_charge_quickly(struct budget *budget, uint64_t ticks, uint64_t now)
{
    if (!budget_charge_last(budget, ticks, now))
        budget_charge(budget, ticks, now);
}

static inline void budget_settle_quickly(struct budget *budget)
{
    uint64_t until = budget->used_until;

    if (until != 0 && budget_charge_last(budget, until - budget->used_since, until))
        budget->used_until = 0;
    else if (until != 0)
        budget_settle(budget);
}

/* It was used during that time; for a budget with nothing unsettled. */
static inline void budget_used(struct budget *budget, uint64_t since, uint64_t until)
{
    budget->used_since = since;
    budget->used_until = until;
}
