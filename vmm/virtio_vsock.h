/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's virtio socket device (virtio 1.2, 5.10), whose packets `services/vsock` moves; direct, or through a
 * shadow ring.
 */
#pragma once

#include "virtio_mmio.h"

/* An empty slot when the service knows nothing of this guest. */
void virtio_vsock_init(struct virtio_mmio *device);
