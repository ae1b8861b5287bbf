/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Driver of a virtio-net behind virtio-mmio (virtio 1.2, 4.2 and 5.1): the wire. The device reaches this memory alone:
 *
 *   0      ring of the receive queue
 *   4096   ring of the transmit queue
 *   8192   DEVICE_SLOT_BYTES for each frame: those to receive, then those to send, as many as there is memory for
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "virtio/driver.h"
#include "virtio/mmio_driver.h"
#include "virtio/net.h"

enum {
    DEVICE_QUEUE_SIZE = 128,
    DEVICE_RINGS = 4096, /* of each */
    DEVICE_SLOTS = VIRTIO_NET_QUEUES * DEVICE_RINGS,
    DEVICE_SLOT_BYTES = 2048,
    DEVICE_RECEIVE_SLOTS = 64,
};

static_assert(sizeof(struct virtio_net_header) + NET_FRAME_MAX + FRAME_TAG <= DEVICE_SLOT_BYTES, "a frame fits a slot");
static_assert(16 * DEVICE_QUEUE_SIZE + 6 + 2 * DEVICE_QUEUE_SIZE + 2 + 6 + 8 * DEVICE_QUEUE_SIZE <= DEVICE_RINGS,
              "a ring fits its place");

struct device {
    struct virtio_mmio_driver mmio;
    uint8_t *memory;
    uint64_t physical; /* where the device sees it */
    uint64_t bytes;
    struct virtio_driver driver[VIRTIO_NET_QUEUES];
    struct virtio_driver_slot descriptors[VIRTIO_NET_QUEUES][DEVICE_QUEUE_SIZE];
    uint16_t slot_of[VIRTIO_NET_QUEUES][DEVICE_QUEUE_SIZE]; /* by head of the chain */
    uint16_t free[DEVICE_QUEUE_SIZE];                       /* slots to send with that the device does not have */
    unsigned free_count;
    uint64_t lost; /* frames that there was no slot for */
};

/*
 * Resets the device, so that nothing of before is in flight, sets it up and gives it what it may receive into. NULL, or
 * what is wrong. Needs mmio.registers, memory, physical and bytes.
 */
const char *device_start(struct device *device);

/*
 * A copy of the packet goes to the device with the next device_kick, or when there is no slot left; false: it is lost,
 * for the device has not sent those before it yet. `context` is the device (struct wire).
 */
bool device_send(void *context, const struct packet *packet);

/* Tells the device of what it may send and receive into. */
void device_kick(struct device *device);

/*
 * A frame that came: it lies at *bytes until device_received gives its slot back. VIRTIO_EMPTY: there is none, an
 * interrupt will say when. Anything else but VIRTIO_OK: the device has broken a ring.
 */
enum virtio_error device_receive(struct device *device, struct virtio_net_header *header, uint8_t **bytes,
                                 uint32_t *length, unsigned *slot);
enum virtio_error device_received(struct device *device, unsigned slot);

/* VIRTIO_OK, or why the queue to send has stopped. */
enum virtio_error device_error(const struct device *device);
