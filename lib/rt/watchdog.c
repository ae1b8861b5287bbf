/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rt/watchdog.h"

#include "abi/plan.h"
#include "rt/calls.h"

void watchdog_kick(void)
{
    /* The capability's label is the one flag it may raise. */
    (void)quoll_notification_signal(COMPONENT_CAP_WATCHDOG, UINT64_MAX);
}
