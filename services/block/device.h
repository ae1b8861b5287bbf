/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Driver of a virtio-blk behind virtio-mmio (virtio 1.2, 4.2 and 5.2).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"
#include "share.h"
#include "virtio/driver.h"
#include "virtio/mmio_driver.h"

struct device {
    struct virtio_mmio_driver mmio;
    uint8_t *memory;   /* laid out as layout.h says */
    uint64_t physical; /* where the device sees it */
    uint64_t sectors;
    uint32_t discard_max; /* sectors */
    unsigned buffers_max; /* of data that it takes in a piece */
    struct virtio_driver driver;
    struct virtio_driver_slot descriptors[LAYOUT_QUEUE_SIZE];
    uint8_t slot_of[LAYOUT_QUEUE_SIZE]; /* by head of the chain: the piece's slot */
};

/*
 * Resets the device, so that nothing of before is in flight, and sets it up. NULL, or what is wrong. Needs
 * mmio.registers, memory and physical.
 */
const char *device_start(struct device *device);

/*
 * Ends what is in flight: from here to device_start the device touches no memory. What it has done is still to be taken
 * by device_take. False: it does not let itself be reset.
 */
bool device_stop(struct device *device);

/* Gives a piece to the device; false when the ring has stopped. Fills the first and the last of its buffers. */
bool device_submit(struct device *device, unsigned slot, struct piece *piece);

/* Tells the device of what was submitted, if it wants to know. */
void device_kick(struct device *device);

/* Takes a piece back. VIRTIO_EMPTY: none is done, an interrupt will say when. */
enum virtio_error device_take(struct device *device, unsigned *slot, uint8_t *status);
