/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's virtio-console (virtio 1.2, 5.3): serial runs its two queues in place. Doorbells reach serial and
 * serial's interrupts reach the guest without the VMM.
 */
#pragma once

#include "virtio_mmio.h"

void virtio_console_init(struct virtio_mmio *device);

/* Serial raised a flag, or was made again: attach once more, or fail the device, as its queues are. */
void virtio_console_check(struct virtio_mmio *device);
