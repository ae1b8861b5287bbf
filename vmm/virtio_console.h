/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's virtio-console (virtio 1.2, 5.3): direct, or copied by the VMM into and out of console messages.
 */
#pragma once

#include "virtio_mmio.h"

void virtio_console_init(struct virtio_mmio *device);

/* Copied: whether input is for this console and not for the UART, and taking what waits at serial. */
bool virtio_console_wants_input(const struct virtio_mmio *device);
void virtio_console_take_input(struct virtio_mmio *device);

extern const struct virtio_mmio_backend virtio_console_copied;
