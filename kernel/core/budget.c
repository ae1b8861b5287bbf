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

/* Remove refill[index]. */
static void remove_refill(struct budget *budget, unsigned index)
{
    budget->refill_count--;
    for (unsigned i = index; i < budget->refill_count; i++)
        budget->refill[i] = budget->refill[i + 1];
}

/*
 * No room for a refill at `at`: of two neighbours that are yet to come, the new one among them, the earlier goes to the
 * later time. Those two are chosen for which the least time is lost. What may be used now (the first) stays: a thread
 * that sleeps and wakes often keeps the rest of its time.
 */
static uint64_t make_room(struct budget *budget, uint64_t at, uint64_t amount)
{
    unsigned chosen = budget->refill_count - 1;
    uint64_t least = UINT64_MAX;

    for (unsigned i = 1; i < budget->refill_count; i++) {
        uint64_t next = i + 1 < budget->refill_count ? budget->refill[i + 1].at : at;
        uint64_t lost = budget->refill[i].amount * (next - budget->refill[i].at);

        if (lost < least) {
            least = lost;
            chosen = i;
        }
    }
    if (chosen + 1 < budget->refill_count)
        budget->refill[chosen + 1].amount += budget->refill[chosen].amount;
    else
        amount += budget->refill[chosen].amount;
    remove_refill(budget, chosen);
    return amount;
}

/*
 * Add what comes back at `at`. Joins the last refill when that comes later still, or when `continued`: the use that
 * both stand for was not interrupted. A budget of one refill gives up what is left of it to the later time.
 */
static void append_refill(struct budget *budget, uint64_t at, uint64_t amount, bool continued)
{
    struct refill *last = budget->refill_count > 0 ? &budget->refill[budget->refill_count - 1] : NULL;

    if (last != NULL && (last->at >= at || (continued && last->at + budget->period > at))) {
        last->amount += amount;
        return;
    }
    if (budget->refill_count == budget->refill_max)
        amount = make_room(budget, at, amount);
    budget->refill[budget->refill_count++] = (struct refill){.at = at, .amount = amount};
}

uint64_t budget_available(struct budget *budget, uint64_t now)
{
    if (budget->refill_count == 0 || budget->refill[0].at > now)
        return 0;
    while (budget->refill_count > 1 && budget->refill[1].at <= now) {
        budget->refill[1].amount += budget->refill[0].amount;
        remove_refill(budget, 0);
    }
    return budget->refill[0].amount;
}

uint64_t budget_next_refill(const struct budget *budget)
{
    return budget->refill_count > 0 ? budget->refill[0].at : QUOLL_FOREVER;
}

void budget_charge(struct budget *budget, uint64_t ticks, uint64_t now)
{
    uint64_t taken = 0;

    if (ticks == 0)
        return;
    budget->used += ticks;
    /* The timer may come late by some ticks: what is used beyond the first refill is taken from those that follow. */
    while (taken < ticks && budget->refill_count > 0) {
        struct refill *head = &budget->refill[0];
        uint64_t part = ticks - taken < head->amount ? ticks - taken : head->amount;

        head->amount -= part;
        taken += part;
        if (head->amount == 0)
            remove_refill(budget, 0);
    }
    if (taken > 0)
        append_refill(budget, now - ticks + budget->period, taken, now - ticks == budget->charged_until);
    budget->charged_until = now;
    trace_charge(budget, ticks);
}

void budget_report_overrun(struct budget *budget)
{
    budget->overruns++;
    notification_raise_slot(&budget->report, UINT64_MAX);
}

void budget_replenished(struct budget *budget)
{
    trace_refill(budget);
    if (budget->owner != NULL)
        schedule_update(budget->owner);
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

    budget->share = share;
    if (time > budget->time)
        append_refill(budget, arch_counter() + budget->period, time - budget->time, false);
    for (uint64_t excess = time < budget->time ? budget->time - time : 0; excess > 0 && budget->refill_count > 0;) {
        struct refill *first = &budget->refill[0];
        uint64_t part = excess < first->amount ? excess : first->amount;

        usable = first->at;
        first->amount -= part;
        excess -= part;
        if (first->amount == 0)
            remove_refill(budget, 0);
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
    budget->refill_count = 1;
    budget->refill[0] = (struct refill){.at = arch_counter(), .amount = time};
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
    if (usable > budget->refill[0].at)
        budget->refill[0].at = usable;
    slot_derive(&budget->parent, parent_slot, 0, 0);
    slot_set_first(slot, &budget->object, 0);
    parent->core->reschedule = true;
    return QUOLL_OK;
}

int budget_call_status(struct call *call)
{
    struct budget *budget = container_of(call->object, struct budget, object);

    schedule_charge(budget->core);
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
