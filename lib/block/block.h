/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A native component's part of a disk (`disk:` in its description): the driver side of a virtio-blk queue in the window
 * that it shares with the service. Calls wait for the answer; flags that come meanwhile are kept for the event loop,
 * and callers of the component's own portals wait. A service that is made again while a call waits is asked again.
 *
 *   static struct block disk;
 *   if (block_open(&disk, &(struct block_setup)BLOCK_SETUP) == BLOCK_DONE)
 *       error = block_write(&disk, 0, bytes, sizeof(bytes));
 *
 * The component also calls block_restarted when its flag COMPONENT_FLAG_RESTARTED came outside of a call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "services/block/protocol.h"
#include "virtio/block.h"
#include "virtio/driver.h"

/* What component.h says of the disk. */
#define BLOCK_SETUP                                                                                                 \
    {                                                                                                               \
        DISK_WINDOW_ADDRESS, DISK_WINDOW_SIZE, CAP_DISK_PORTAL, CAP_DISK_DOORBELL, FLAG_DISK, COMPONENT_WATCHDOG_NS \
    }

struct block_setup {
    uint64_t window;
    uint64_t window_size;
    uint32_t portal;
    uint32_t doorbell;
    uint64_t flag;
    uint64_t watchdog_ns; /* longest time between two signs of life, which a waiting call gives; 0: not watched */
};

enum { BLOCK_RING = 16 };

struct block {
    struct block_setup setup;
    uint64_t sectors; /* of 512 bytes */
    bool read_only;
    bool flushes;
    uint32_t discard_max;    /* sectors; 0: it does not discard */
    uint32_t transfer_bytes; /* of one request: what the window has room for */
    struct virtio_driver driver;
    struct virtio_driver_slot slots[BLOCK_RING];
    uint64_t patience; /* ticks, of a service that is gone (SERVICE_PATIENCE_NS); QUOLL_FOREVER: it is there */
    bool stopped;      /* BLOCK_STOPPED from now on */
};

enum block_result {
    BLOCK_DONE = 0,
    BLOCK_NOTHING,       /* the service has no disk for us, or not yet: it raises the flag when it has started */
    BLOCK_REFUSED,       /* outside of the part, not whole sectors, or not allowed */
    BLOCK_NOT_SUPPORTED, /* the disk does not do that */
    BLOCK_STOPPED,       /* the service has broken the ring: open it once more; or did not come back in time */
};

/* Asks what there is and attaches the queue. The setup's window is this component's alone with the service. */
enum block_result block_open(struct block *block, const struct block_setup *setup);

/* `bytes` is a multiple of 512; any length, in as many requests as it takes. */
enum block_result block_read(struct block *block, uint64_t sector, void *data, uint64_t bytes);
enum block_result block_write(struct block *block, uint64_t sector, const void *data, uint64_t bytes);

/* When it returns BLOCK_DONE, everything written before survives a loss of power. */
enum block_result block_flush(struct block *block);

/* What the sectors hold is not needed any more. */
enum block_result block_discard(struct block *block, uint64_t sector, uint32_t sectors);

/* The service may have been made again: attaches the queue once more, if that is so, or opens what it came too late
 * for. */
void block_restarted(struct block *block);
