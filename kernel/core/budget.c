/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "budget.h"

#include "arch.h"
#include "calls.h"
#include "check.h"
#include "domain.h"
#include "notification.h"
#include "pool.h"
#include "schedule.h"
#include "trace.h"

/* All loops here are bounded by QUOLL_REPLENISHMENTS_MAX. */

static struct refill *later(struct budget *budget, unsigned index)
{
    return &budget->later[(budget->later_first + index) % QUOLL_REPLENISHMENTS_MAX];
}

/* The first of the later refills takes the place of `now`, which is used up or joined to it. */
static void next_refill(struct budget *budget)
{
    if (budget->later_count == 0) {
        budget->now = (struct refill){.at = QUOLL_FOREVER};
        return;
    }
    budget->now = *later(budget, 0);
    budget->later_first = (budget->later_first + 1) % QUOLL_REPLENISHMENTS_MAX;
    budget->later_count--;
    if (budget->later_count == 0)
        budget->last = NULL;
}

/* What has come joins `now`, if that has. */
static void join_refills(struct budget *budget, uint64_t now)
{
    while (budget->now.at <= now && budget->later_count > 0 && later(budget, 0)->at <= now) {
        uint64_t amount = budget->now.amount;

        next_refill(budget);
        budget->now.amount += amount;
    }
}

/*
 * No room for a refill at `at`: of two neighbours that are yet to come, the new one among them, the earlier goes to the
 * later time. Those two are chosen for which the least time is lost. What may be used now stays: a thread that sleeps
 * and wakes often keeps the rest of its time. Answers what the new one stands for then.
 */
static uint64_t make_room(struct budget *budget, uint64_t at, uint64_t amount)
{
    unsigned count = budget->later_count;
    unsigned chosen = count - 1;
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < count; i++) {
        const struct refill *refill = later(budget, i);
        uint64_t lost = refill->amount * ((i + 1 < count ? later(budget, i + 1)->at : at) - refill->at);

        if (lost < least) {
            least = lost;
            chosen = i;
        }
    }
    if (chosen + 1 < count)
        later(budget, chosen + 1)->amount += later(budget, chosen)->amount;
    else
        amount += later(budget, chosen)->amount;
    for (unsigned i = chosen; i + 1 < count; i++)
        *later(budget, i) = *later(budget, i + 1);
    budget->later_count--;
    return amount;
}

/*
 * Add what comes back at `at`, a period after its use began. It joins the last refill
 *   - when that comes later still;
 *   - when `continued`: the use that both stand for was not interrupted;
 *   - when there are as many as the budget may keep, and the two uses began within a grain: then both come at the later
 *     time. So a thread that wakes very often does not have room made for it each time.
 * A budget of one refill gives up what is left of it to the later time.
 */
static void append_refill(struct budget *budget, uint64_t at, uint64_t amount, bool continued)
{
    struct refill *last = budget->last != NULL ? budget->last : &budget->now;
    bool full = budget->later_count + 1 >= budget->refill_max;

    if (budget->now.amount == 0) {
        budget->now = (struct refill){.at = at, .amount = amount};
        budget->last_began = at;
        return;
    }
    if (last->at >= at || (continued && last->at + budget->period > at)) {
        last->amount += amount;
        return;
    }
    if (full && (budget->later_count == 0 || at - budget->last_began < budget->grain)) {
        last->amount += amount;
        last->at = at;
        return;
    }
    if (full)
        amount = make_room(budget, at, amount);
    budget->last = later(budget, budget->later_count++);
    *budget->last = (struct refill){.at = at, .amount = amount};
    budget->last_began = at;
}

uint64_t budget_available(struct budget *budget, uint64_t now)
{
    budget_settle(budget);
    join_refills(budget, now);
    return budget->now.at <= now ? budget->now.amount : 0;
}

uint64_t budget_next_refill(const struct budget *budget)
{
    return budget->now.at;
}

/*
 * Take up to `ticks` from the refills in their order. The timer may come late by some ticks: what is used beyond the
 * first is taken from those that follow. Answers how many there were.
 */
static uint64_t take_refills(struct budget *budget, uint64_t ticks)
{
    uint64_t taken = 0;

    while (taken < ticks && budget->now.amount > 0) {
        uint64_t part = ticks - taken < budget->now.amount ? ticks - taken : budget->now.amount;

        budget->now.amount -= part;
        taken += part;
        if (budget->now.amount == 0)
            next_refill(budget);
    }
    return taken;
}

void budget_charge(struct budget *budget, uint64_t ticks, uint64_t now)
{
    uint64_t began = now - ticks;
    uint64_t taken = ticks;

    if (ticks == 0)
        return;
    budget->used += ticks;
    if (ticks < budget->now.amount)
        budget->now.amount -= ticks;
    else
        taken = take_refills(budget, ticks);
    if (budget->later_count + 1 >= budget->refill_max)
        join_refills(budget, now);
    if (taken > 0)
        append_refill(budget, began + budget->period, taken, began == budget->charged_until);
    budget->charged_until = now;
    trace_charge(budget, ticks);
}

void budget_settle(struct budget *budget)
{
    uint64_t until = budget->used_until;

    if (until == 0)
        return;
    budget_charge(budget, until - budget->used_since, until);
    budget_used(budget, 0, 0);
}

void budget_report_overrun(struct budget *budget)
{
    budget->overruns++;
    notification_raise_slot(&budget->report, UINT64_MAX);
}

void budget_replenished(struct budget *budget)
{
    trace_refill(budget);
    if (budget->owner == NULL)
        return;
    budget->owner->place = PLACE_NONE;
    schedule_woken(budget->owner);
}

/*
 * The budget's share changes, because part of it is given to another or comes back, and its time with it. What is given
 * is taken from the earliest refills; answers when the last of it would have come, before which the other may not use
 * it.
 */
static uint64_t change_share(struct budget *budget, uint64_t share)
{
    uint64_t time = budget->period * share >> 32;
    uint64_t usable = 0;

    budget_settle(budget);
    budget->share = share;
    if (time > budget->time)
        append_refill(budget, arch_counter() + budget->period, time - budget->time, false);
    for (uint64_t excess = time < budget->time ? budget->time - time : 0; excess > 0 && budget->now.amount > 0;) {
        uint64_t part = excess < budget->now.amount ? excess : budget->now.amount;

        usable = budget->now.at;
        budget->now.amount -= part;
        excess -= part;
        if (budget->now.amount == 0)
            next_refill(budget);
    }
    budget->time = time;
    return usable;
}

static uint64_t share_of(uint64_t time, uint64_t period)
{
    return ((time << 32) + period - 1) / period;
}

struct budget *budget_create(struct pool *pool, struct core *core, uint64_t time, uint64_t period, unsigned refill_max)
{
    struct budget *budget = pool_allocate_object(pool, sizeof(*budget), QUOLL_TYPE_BUDGET);

    if (budget == NULL)
        return NULL;
    budget->core = core;
    budget->period = period;
    budget->time = time;
    budget->share = share_of(time, period);
    budget->refill_max = refill_max;
    budget->grain = period / (2 * (uint64_t)refill_max);
    budget->now = (struct refill){.at = arch_counter(), .amount = time};
    slot_reference_init(&budget->parent, SLOT_PARENT);
    slot_reference_init(&budget->report, SLOT_REPORT);
    return budget;
}

enum progress budget_destroy_step(struct budget *budget)
{
    struct object *parent = budget->parent.object;
    struct budget *heir = parent != NULL ? container_of(parent, struct budget, object) : budget->core->root_budget;

    timer_stop(budget->core, &budget->timer);
    slot_clear(&budget->report);
    slot_clear(&budget->parent);
    if (heir != budget)
        change_share(heir, heir->share + budget->share);
    budget->core->reschedule = true;
    return PROGRESS_DONE;
}

int pool_call_create_budget(struct call *call)
{
    struct pool *pool = container_of(call->object, struct pool, object);
    struct slot *parent_slot = call->capability[1];
    struct budget *parent = container_of(parent_slot->object, struct budget, object);
    uint64_t time = call->value[2];
    uint64_t period = call->value[3];
    uint64_t count = call->value[4];
    uint64_t share = 0;
    uint64_t usable = 0;
    struct budget *budget = NULL;
    struct slot *slot = NULL;
    enum quoll_error error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error != QUOLL_OK)
        return error;
    if (time < BUDGET_TIME_MIN || time > period || period > BUDGET_PERIOD_MAX || count == 0 ||
        count > QUOLL_REPLENISHMENTS_MAX)
        return QUOLL_BAD_ARGUMENT;
    /* The parent keeps time that can be used: a thread may run on it. */
    share = share_of(time, period);
    if (share >= parent->share || parent->period * (parent->share - share) >> 32 < BUDGET_TIME_MIN)
        return QUOLL_NO_BUDGET;
    error = slot_check_derive(parent_slot);
    if (error != QUOLL_OK)
        return error;
    budget = budget_create(pool, parent->core, time, period, (unsigned)count);
    if (budget == NULL)
        return QUOLL_NO_MEMORY;
    schedule_charge(parent->core);
    usable = change_share(parent, parent->share - budget->share);
    if (usable > budget->now.at)
        budget->now.at = usable;
    slot_derive(&budget->parent, parent_slot, 0, 0);
    slot_set_first(slot, &budget->object, 0);
    schedule_set_timer(parent->core, parent->core->payer_since); /* the parent's owner, if that runs, has less time */
    return QUOLL_OK;
}

int budget_call_status(struct call *call)
{
    struct budget *budget = container_of(call->object, struct budget, object);

    schedule_charge(budget->core);
    budget_settle(budget);
    call_result(call, 0, budget->time);
    call_result(call, 1, budget->period);
    call_result(call, 2, budget->used);
    call_result(call, 3, budget_available(budget, arch_counter()));
    call_result(call, 4, budget->overruns);
    return QUOLL_OK;
}

int budget_call_report(struct call *call)
{
    struct budget *budget = container_of(call->object, struct budget, object);
    struct slot *notification = call->capability[0];
    enum quoll_error error = notification_check_reference(notification, call->value[1]);

    if (error != QUOLL_OK)
        return error;
    notification_refer(&budget->report, notification, call->value[1]);
    return QUOLL_OK;
}
