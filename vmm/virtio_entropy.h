/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's virtio entropy device (virtio 1.2, 5.4), which `services/entropy` fills; direct, or through a shadow
 * ring.
 */
#pragma once

#include "virtio_mmio.h"

/* An empty slot when the service has no entropy. */
void virtio_entropy_init(struct virtio_mmio *device);
