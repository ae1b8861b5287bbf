/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One-shot timers of a core, in ticks of the system counter.
 */
#pragma once

#include "ordered_set.h"

struct core;

enum timer_kind {
    TIMER_DEADLINE,  /* thread.deadline: the end of a wait */
    TIMER_REPLENISH, /* budget.timer: time comes back to an exhausted budget */
    TIMER_VCPU,      /* vcpu.timer: virtual timer of a vCPU that is not resident */
    TIMER_RAISE,     /* vcpu.raise_timer: there are more virtual interrupts to raise */
};

struct timer {
    struct ordered_node node; /* in core->timers, by deadline */
    enum timer_kind kind;
};

/*
 * The core's timer interrupted: if the first that expired wakes a vCPU that runs at once, true. False: timer_expire has
 * to follow.
 */
bool timer_wakes(struct core *core, uint64_t now);

/*
 * Somebody was woken and runs at once, before what is due by now or soon, if anything is: true then, and it waits until
 * he got somewhere.
 */
bool timer_overtaken(struct core *core);

/* Arm `timer` on the core (moving it when it was armed). */
void timer_start(struct core *core, struct timer *timer, enum timer_kind kind, uint64_t deadline);
void timer_stop(struct core *core, struct timer *timer);

/*
 * Run what is due; at most TIMER_BATCH a call, the interrupt fires again for the rest. When that changes nothing about
 * who runs, the core's timer is set for what comes next; otherwise schedule_leave, which core->reschedule asks for,
 * does.
 */
void timer_expire(struct core *core, uint64_t now);

/* It is started, with this deadline. */
bool timer_runs(const struct timer *timer, uint64_t deadline);
