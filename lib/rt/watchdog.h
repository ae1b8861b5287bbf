/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "rt/component.h"

/* A sign of life, for a component whose description says `watchdog:`. Never waits. */
void watchdog_kick(void);

/*
 * The deadline, or when the next sign of life is due if that is sooner; gives one when it is. All in ticks but
 * `watchdog_ns`, which is COMPONENT_WATCHDOG_NS and not 0.
 */
uint64_t watchdog_deadline(uint64_t watchdog_ns, uint64_t now, uint64_t deadline);

/* The same, for a component whose description may say `watchdog:`; 0 where it does not. */
static inline uint64_t watchdog_until(uint64_t watchdog_ns, uint64_t now, uint64_t deadline)
{
    return watchdog_ns == 0 ? deadline : watchdog_deadline(watchdog_ns, now, deadline);
}

/* component_wait_until, for a component whose description may say `watchdog:`; 0 where it does not. */
static inline void watchdog_wait_until(uint64_t watchdog_ns, uint64_t now, uint64_t deadline)
{
    component_wait_until(watchdog_until(watchdog_ns, now, deadline));
}
