/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The driver side of a split virtqueue: native clients of a service, VMMs that run a shadow ring, drivers of virtio
 * hardware. The device is hostile: what it writes is read once and checked, and the first thing that is wrong stops
 * this queue for good. Which chains the device has, and how long each is, is known here and never read back.
 *
 *   virtio_driver_start -> { virtio_driver_add } -> virtio_driver_kick -> { virtio_driver_take }
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "virtio/queue.h"

/* Of each descriptor, private. */
struct virtio_driver_slot {
    uint16_t next;     /* in the free list */
    uint16_t count;    /* descriptors of the chain that begins here, while the device has it; else 0 */
    uint64_t writable; /* bytes that the device may write at most */
};

/* Bytes at an address as the device sees it. */
struct virtio_buffer {
    uint64_t address;
    uint32_t length;
};

struct virtio_driver_setup {
    uint8_t *memory;                  /* virtio_driver_bytes of it, aligned to 16, ours and the device's */
    uint64_t address;                 /* where the device sees it, aligned to 16 */
    uint16_t size;                    /* descriptors; a power of two */
    uint16_t table;                   /* entries of an indirect table, one table a descriptor; 0: none is used */
    uint64_t features;                /* as negotiated; EVENT_IDX and INDIRECT_DESC matter */
    struct virtio_driver_slot *slots; /* `size` of them */
};

struct virtio_driver {
    struct virtio_driver_setup setup;
    struct virtio_descriptor *descriptors;
    struct virtio_descriptor *tables; /* setup.table entries for each descriptor */
    struct virtio_available *available;
    struct virtio_used *used;
    uint16_t free;       /* first of the free list, while free_count is not 0 */
    uint16_t free_count; /* descriptors that no chain has */
    uint16_t chains;     /* that the device has */
    uint16_t next_available;
    uint16_t next_used;
    uint16_t kicked; /* next_available when virtio_driver_kick was last asked */
    bool event_index;
    bool indirect;
    enum virtio_error error; /* VIRTIO_OK while it works, or why it stopped */
};

/* What the rings and tables take. */
uint64_t virtio_driver_bytes(uint16_t size, uint16_t table);

/* A fresh ring: zeroes the memory. VIRTIO_BAD_SIZE, VIRTIO_BAD_RING: nothing has changed. */
enum virtio_error virtio_driver_start(struct virtio_driver *driver, const struct virtio_driver_setup *setup);

/* Where the device finds the rings, in its own addresses. */
struct virtio_queue_setup virtio_driver_queue(const struct virtio_driver *driver);

/*
 * Gives the device a chain: `readable` buffers that it reads, then `writable` ones that it writes; at least one in all.
 * *head, below the size, names the chain until it is taken. VIRTIO_FULL: not now; VIRTIO_TOO_LONG: never.
 */
enum virtio_error virtio_driver_add(struct virtio_driver *driver, const struct virtio_buffer *buffers,
                                    uint16_t readable, uint16_t writable, uint16_t *head);

/* Whether the device wants a notification for what was added since the last time this was asked. */
bool virtio_driver_kick(struct virtio_driver *driver);

/*
 * Takes a chain back that the device is done with; *written is how much it says that it wrote. VIRTIO_EMPTY: there is
 * none, and the device has been asked to interrupt: whoever then waits for that has to have seen it. Anything else but
 * VIRTIO_OK: the queue has stopped.
 */
enum virtio_error virtio_driver_take(struct virtio_driver *driver, uint16_t *head, uint32_t *written);
