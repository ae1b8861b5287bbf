/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes through the queue of a block device (virtio 1.2, 5.2), and its configuration. A request is a header that
 * the device reads, data in the one or the other direction, and a byte of status that it writes.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "virtio/driver.h"

enum { VIRTIO_BLOCK_ID = 2, VIRTIO_BLOCK_SECTOR = 512, VIRTIO_BLOCK_NAME_SIZE = 20 };

enum virtio_block_feature_bit {
    VIRTIO_BLOCK_F_SIZE_MAX = 1,
    VIRTIO_BLOCK_F_SEG_MAX = 2,
    VIRTIO_BLOCK_F_RO = 5,
    VIRTIO_BLOCK_F_FLUSH = 9,
    VIRTIO_BLOCK_F_DISCARD = 13,
};

enum virtio_block_type {
    VIRTIO_BLOCK_IN = 0,  /* the device writes the data */
    VIRTIO_BLOCK_OUT = 1, /* the device reads it */
    VIRTIO_BLOCK_FLUSH = 4,
    VIRTIO_BLOCK_GET_ID = 8,
    VIRTIO_BLOCK_DISCARD = 11,
};

enum virtio_block_status { VIRTIO_BLOCK_OK = 0, VIRTIO_BLOCK_ERROR = 1, VIRTIO_BLOCK_UNSUPPORTED = 2 };

struct virtio_block_header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

/* The data of a DISCARD. */
struct virtio_block_range {
    uint64_t sector;
    uint32_t sectors;
    uint32_t flags;
};

struct virtio_block_config {
    uint64_t capacity; /* sectors */
    uint32_t size_max;
    uint32_t seg_max;
    uint8_t geometry[4];
    uint32_t block_size;
    uint8_t topology[8];
    uint8_t writeback;
    uint8_t unused;
    uint16_t queues;
    uint32_t discard_sectors_max;
    uint32_t discard_ranges_max;
    uint32_t discard_alignment; /* sectors */
    uint32_t zero_sectors_max;
    uint32_t zero_ranges_max;
    uint32_t zero_may_unmap;
};

static_assert(sizeof(struct virtio_block_header) == 16, "virtio 1.2, 5.2.6");
static_assert(sizeof(struct virtio_block_range) == 16, "virtio 1.2, 5.2.6");
static_assert(sizeof(struct virtio_block_config) == 64, "virtio 1.2, 5.2.4");

/* For the driver: virtio_driver_add of a request. `data` may be empty; `writes`: the device writes it, else reads it.
 */
static inline enum virtio_error virtio_block_add(struct virtio_driver *driver, uint64_t header,
                                                 struct virtio_buffer data, bool writes, uint64_t status,
                                                 uint16_t *head)
{
    struct virtio_buffer buffers[3] = {{header, sizeof(struct virtio_block_header)}};
    uint16_t count = 1;
    uint16_t readable = 0;

    if (data.length != 0)
        buffers[count++] = data;
    readable = writes ? 1 : count;
    buffers[count++] = (struct virtio_buffer){status, 1};
    return virtio_driver_add(driver, buffers, readable, (uint16_t)(count - readable), head);
}
