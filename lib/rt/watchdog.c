/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rt/watchdog.h"

#include "abi/plan.h"
#include "rt/calls.h"
#include "rt/time.h"

static uint64_t last_kick; /* ticks */

void watchdog_kick(void)
{
    /* The capability's label is the one flag it may raise. */
    (void)quoll_notification_signal(COMPONENT_CAP_WATCHDOG, UINT64_MAX);
}

uint64_t watchdog_deadline(uint64_t watchdog_ns, uint64_t now, uint64_t deadline)
{
    uint64_t interval = time_ns_to_ticks(watchdog_ns / 2);

    if (now - last_kick >= interval) {
        watchdog_kick();
        last_kick = now;
    }
    return last_kick + interval < deadline ? last_kick + interval : deadline;
}
