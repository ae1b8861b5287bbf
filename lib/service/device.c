/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "service/device.h"

#include "abi/plan.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"

void service_device_wait(const struct virtio_mmio_driver *device, uint32_t interrupt, uint64_t flag,
                         uint64_t watchdog_ns, uint64_t until)
{
    struct quoll_result result =
        quoll_notification_wait(COMPONENT_CAP_NOTIFICATION, watchdog_until(watchdog_ns, time_ticks(), until));

    if (result.error == QUOLL_TIMEOUT)
        return;
    component_keep_flags(result.word[0] & ~flag);
    virtio_mmio_clear(device);
    (void)quoll_interrupt_acknowledge(interrupt);
}
