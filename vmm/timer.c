/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timer.h"

#include "config.h"
#include "console.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "virtio_absent.h"
#include "vm.h"

static uint64_t armed = UINT64_MAX; /* ticks; UINT64_MAX: nothing is awaited */

void timer_start(void)
{
    watchdog_wait_until(config.watchdog_ns, time_ticks(), armed);
}

static void timer_at(uint64_t ticks)
{
    if (ticks >= armed)
        return;
    armed = ticks;
    timer_start();
}

void timer_after(uint64_t ns)
{
    timer_at(time_ticks() + time_ns_to_ticks(ns));
}

void timer_at_ns(uint64_t ns)
{
    timer_at(time_ns_to_ticks(ns));
}

void component_deadline(void)
{
    uint64_t alarm = 0;

    armed = UINT64_MAX;
    vm.vcpu[0].in_exit = false;
    vm_settle_fate();
    pl011_flush(&vm.pl011);
    for (unsigned i = 0; i < VM_DEVICE_COUNT; i++)
        virtio_absent_check(&vm.device[i]);
    alarm = pl031_poll(&vm.pl031);
    if (alarm != UINT64_MAX)
        timer_at_ns(alarm);
    timer_start();
}
