/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The queue of a device whose service may not see the guest's memory: the VMM is the device to the guest and the driver
 * to the service, in a window that both map. What the guest gives is copied into a buffer of the window, what the
 * service has written there is copied back.
 *
 *   guest's ring -> chain -> buffer of the window -> ring of the window -> service
 */
#pragma once

#include "virtio_mmio.h"

/* Of the window: the ring, then buffers for a chain each. */
enum { SHADOW_BUFFER = 128 * 1024, SHADOW_RING = 64 * 1024, SHADOW_CHAINS_MAX = 15, SHADOW_SIZE = 32 };

extern const struct virtio_mmio_backend virtio_shadow;
