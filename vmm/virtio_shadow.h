/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The queues of a device whose service may not see the guest's memory: the VMM is the device to the guest and the
 * driver to the service, in a window that both map. What the guest gives is copied into a buffer of the window, what
 * the service has written there is copied back.
 *
 *   guest's ring -> chain -> buffer of the window -> ring of the window -> service
 *
 * The window: a ring for each queue, then the buffers of queue 0, those of queue 1, and so on.
 */
#pragma once

#include "virtio/driver.h"
#include "virtio_mmio.h"

/* A ring has SHADOW_SIZE descriptors where the device does not say more; a chain takes two. */
enum { SHADOW_SIZE = 64, SHADOW_SIZE_MAX = 256, SHADOW_RING = 64 * 1024 };

/* A chain of the guest's that the service has. */
struct virtio_shadow_chain {
    bool busy;
    struct virtio_chain chain;
};

/* One queue. A device has them in a table of its own file (`copied` in virtio_mmio.h), with room for what they hold. */
struct virtio_shadow_queue {
    /* the device's */
    uint32_t bytes;                   /* of a chain at most: a longer one stops the queue */
    uint16_t chains;                  /* that the service has at a time, half of its ring at most */
    uint16_t ring;                    /* its descriptors, a power of two; 0: SHADOW_SIZE */
    uint16_t segments;                /* of a chain at most: one with more stops the queue */
    struct virtio_shadow_chain *held; /* `chains` of them */
    struct virtio_segment *in_guest;  /* `chains` times `segments` */
    /* virtio_shadow.c's */
    uint64_t buffers;            /* offset in the window */
    struct virtio_queue queue;   /* the guest's */
    struct virtio_driver driver; /* of the window */
    struct virtio_driver_slot slots[SHADOW_SIZE_MAX];
    uint8_t buffer_of[SHADOW_SIZE_MAX]; /* by head of the window's chain */
};

extern const struct virtio_mmio_backend virtio_shadow;

/* Bytes that the window has for buffers, of all queues together. */
uint64_t virtio_shadow_room(const struct virtio_mmio *device);
