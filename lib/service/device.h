/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The board's device of a service, before there are clients.
 */
#pragma once

#include <stdint.h>

#include "virtio/mmio_driver.h"

/* A device that does not answer its driver's first requests for so long is none. */
#define SERVICE_DEVICE_PATIENCE_NS UINT64_C(10000000000)

/*
 * In component_start: waits until the device interrupts, which raises `flag` and is acknowledged, or a sign of life is
 * due, or for `until` (ticks), and gives that sign. Other flags that come are kept for the event loop.
 */
void service_device_wait(const struct virtio_mmio_driver *device, uint32_t interrupt, uint64_t flag,
                         uint64_t watchdog_ns, uint64_t until);
