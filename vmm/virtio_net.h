/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's virtio-net (virtio 1.2, 5.1): its port of the switch `services/net`; direct, or through a shadow ring.
 */
#pragma once

#include "virtio_mmio.h"

/* An empty slot when the service has no port for this guest. */
void virtio_net_init(struct virtio_mmio *device);
