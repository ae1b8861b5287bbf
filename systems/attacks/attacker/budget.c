/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-budget: as much of the CPU as can be had. Workers on parts of the budget spin, sleep at moments that may
 * fool the accounting, and run on each other's time; budgets are split, given, destroyed and made again. All of them
 * together note the time that they had. In any time T that may be no more than the budget allows: its time for each
 * period that begins in T, and one more.
 */
#include "attacker.h"

#include "rt/time.h"

enum { SPINNERS = 6, SHARE_NS = 250000, PERIOD_NS = 10000000, GAP = 12 };
enum { PORTAL = CAP_OWN };

static _Atomic uint64_t had; /* ticks */

/* Spins for so long and adds what was not somebody else's: a turn of the loop is shorter than GAP ticks. */
static void spin(uint64_t ticks)
{
    uint64_t begin = time_ticks(), last = begin, own = 0;

    while (last - begin < ticks) {
        uint64_t now = time_ticks();

        if (now - last < GAP)
            own += now - last;
        last = now;
    }
    atomic_fetch_add_explicit(&had, own, memory_order_relaxed);
}

static void play(uint64_t seed)
{
    struct quoll_message message = {0};
    uint64_t state = seed;

    for (;;) {
        uint64_t draw = attack_random(&state);

        switch (draw % 4) {
        case 0: /* sleeps just before it would be throttled, or for a moment */
            (void)quoll_notification_wait(CAP_FAULTS, 0);
            (void)quoll_reply_wait(
                &message, &(struct quoll_wait){.no_reply = true, .deadline = time_ticks() + (draw >> 8 & 0xfff)});
            break;
        case 1: /* on another's time */
            (void)quoll_call(PORTAL + (uint32_t)(draw >> 8) % SPINNERS, &message);
            break;
        default:
            spin(draw >> 8 & 0x3fff);
            break;
        }
    }
}

static void give_and_take(void)
{
    uint32_t i = (uint32_t)(any() % SPINNERS), j = (uint32_t)(any() % SPINNERS);

    (void)quoll_thread_set_budget(CAP_WORKER + i, CAP_WORKER_BUDGET + j);
    if (any() % 4 != 0)
        return;
    (void)quoll_any_destroy(CAP_WORKER_BUDGET + i);
    (void)quoll_pool_create_budget(COMPONENT_CAP_POOL, CAP_WORKER_BUDGET + i, COMPONENT_CAP_BUDGET,
                                   time_ns_to_ticks(SHARE_NS), time_ns_to_ticks(PERIOD_NS), 1 + any() % 16);
    (void)quoll_thread_set_budget(CAP_WORKER + i, CAP_WORKER_BUDGET + i);
}

void attack_budget(void)
{
    uint64_t begin = time_ticks(), period = time_ns_to_ticks(COMPONENT_PERIOD_NS);

    for (unsigned i = 0; i < SPINNERS; i++) {
        if (!worker_make(i, 100 + i, SHARE_NS, PERIOD_NS))
            return;
        (void)quoll_pool_create_portal(COMPONENT_CAP_POOL, PORTAL + i, CAP_WORKER + i, i);
    }
    for (unsigned i = 0; i < SPINNERS; i++)
        worker_run(i, play, any());
    while (!over()) {
        struct worker_fault fault = {0};
        uint64_t allowed = 0;

        if (any() % 2 == 0)
            give_and_take();
        spin(any() & 0x1fff);
        if (worker_fault(any() & 0xfffff, &fault) && fault.worker < SPINNERS)
            worker_run((unsigned)fault.worker, play, any());
        allowed = ((time_ticks() - begin) / period + 2) * time_ns_to_ticks(COMPONENT_BUDGET_NS);
        if (atomic_load_explicit(&had, memory_order_relaxed) > allowed)
            leak(atomic_load_explicit(&had, memory_order_relaxed) - allowed);
        did(1);
    }
}
