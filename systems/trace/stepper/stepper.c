/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Steps of a known order, to be found again in the trace: a call and its reply, a notification that makes somebody more
 * urgent run, and then no end, until the budget has run out and come back.
 */
#include "component.h"
#include "rt/component.h"
#include "rt/time.h"

enum { STEPS_APART_NS = 5000000 };

static void step(void)
{
    struct quoll_message message = {0};
    uint64_t until = 0;

    (void)quoll_call(CAP_ECHO_SERVER_ECHO, &message);
    (void)quoll_notification_signal(CAP_LISTENER_STEP, FLAG_LISTENER_STEP);
    until = time_ticks() + time_ns_to_ticks(2 * COMPONENT_BUDGET_NS);
    while (time_ticks() < until)
        ;
    component_wait_until(time_ticks() + time_ns_to_ticks(STEPS_APART_NS));
}

void component_start(void)
{
    step();
}

void component_deadline(void)
{
    step();
}
