/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rt/time.h"

#include "abi/plan.h"
#include "rt/component.h"
#include "rt/counter.h"

enum { NS_PER_S = 1000000000 };

uint64_t time_ticks(void)
{
    return counter_ticks();
}

/* value * to / from for to, from <= 2^32, without losing the high bits of the product */
static uint64_t scale(uint64_t value, uint64_t to, uint64_t from)
{
    return value / from * to + value % from * to / from;
}

uint64_t time_ns_to_ticks(uint64_t ns)
{
    return scale(ns, counter_frequency(), NS_PER_S);
}

uint64_t time_ticks_to_ns(uint64_t ticks)
{
    return scale(ticks, NS_PER_S, counter_frequency());
}

uint64_t time_ns(void)
{
    return time_ticks_to_ns(time_ticks());
}

void time_sleep_until(uint64_t ticks)
{
    while (time_ticks() < ticks) {
        struct quoll_result result = quoll_notification_wait(COMPONENT_CAP_NOTIFICATION, ticks);

        if (result.error)
            return; /* TIMEOUT, or a component without a notification, which cannot sleep */
        component_keep_flags(result.word[0]);
    }
}
