/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A device of the guest and the service that runs its queues, in one of two ways:
 *
 *   direct   the service is trusted with the guest's memory and runs the queues in place. Doorbells reach the service
 *            and its interrupts reach the guest without the VMM
 *   copied   it is not: the VMM runs the guest's queues (virtio_shadow.h, virtio_console_copied.c)
 */
#pragma once

#include "config.h"
#include "rt/message.h"
#include "virtio/queue.h"
#include "virtio/service.h"
#include "virtio_mmio.h"

extern const struct virtio_mmio_backend virtio_direct;

/* The service raised its flag, or was made again: takes what was done, attaches once more, or fails the device. */
void virtio_service_flag(struct virtio_mmio *device);

/*
 * Makes `device`, which has its name, its queues and what it offers of its own, the guest's device `which`, direct or
 * copied as the description says; and asks the service what it has for it: `message`, then the reply. False, with a log
 * line: nothing.
 */
bool virtio_service_open(struct virtio_mmio *device, enum vm_device which, struct quoll_message *message);

enum service_answer virtio_service_attach(const struct virtio_mmio *device, uint32_t number,
                                          const struct virtio_queue_setup *queue);

/*
 * Has the service let go of the device's queues. Where its own device reaches the guest's memory (virtio_mmio.h: dma),
 * that memory is not used again before the service has answered, if need be a new copy of it, which has reset its
 * device: SERVICE_PATIENCE_NS at most, and not for one that has been absent for so long already.
 */
void virtio_service_detach(const struct virtio_mmio *device);

/* The guest's interrupt for it, of a device that the VMM runs. */
void virtio_service_interrupt(const struct virtio_mmio *device);
