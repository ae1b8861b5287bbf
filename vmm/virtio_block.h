/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's virtio-blk (virtio 1.2, 5.2): its part of a disk that `services/block` shares; direct, or through a
 * shadow ring.
 */
#pragma once

#include "virtio_mmio.h"

/* An empty slot when the service has no disk for this guest. */
void virtio_block_init(struct virtio_mmio *device);
