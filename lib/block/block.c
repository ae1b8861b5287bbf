/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "block/block.h"

#include <string.h>

#include "abi/plan.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "service/ask.h"

/* Of the window: the ring, one request's header and status, its data. */
enum { HEADER = 4096 - 64, STATUS = 4096 - 1, DATA = 4096 };

static bool attach(const struct block *block)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&block->driver);

    return service_attach(block->setup.portal, 0, &rings, 0) == SERVICE_DONE;
}

enum block_result block_open(struct block *block, const struct block_setup *setup)
{
    struct quoll_message message = {.word = {BLOCK_INFO}};
    const struct virtio_driver_setup ring = {
        .memory = (uint8_t *)(uintptr_t)setup->window,
        .size = BLOCK_RING,
        .features = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX,
        .slots = block->slots,
    };

    *block = (struct block){
        .setup = *setup, .transfer_bytes = (uint32_t)(setup->window_size - DATA), .patience = QUOLL_FOREVER};
    if (!service_open(setup->portal, &message))
        return BLOCK_NOTHING;
    block->sectors = message.word[1];
    block->read_only = (message.word[2] >> VIRTIO_BLOCK_F_RO & 1) != 0;
    block->flushes = (message.word[2] >> VIRTIO_BLOCK_F_FLUSH & 1) != 0;
    block->discard_max = (uint32_t)message.word[3];
    if (virtio_driver_start(&block->driver, &ring) != VIRTIO_OK || !attach(block))
        return BLOCK_NOTHING;
    return BLOCK_DONE;
}

static void ring_doorbell(const struct block *block)
{
    (void)quoll_notification_signal(block->setup.doorbell, 1);
}

void block_restarted(struct block *block)
{
    struct quoll_message message = {.word = {BLOCK_QUEUES}};
    const struct block_setup setup = block->setup;
    bool there = service_ask(block->setup.portal, &message);
    bool too_late = block->stopped && block->patience != QUOLL_FOREVER;

    if (there && too_late) {
        (void)block_open(block, &setup);
        return;
    }
    service_heard(&block->patience, there);
    if (there && message.word[0] == VIRTIO_SERVICE_DETACHED && attach(block))
        ring_doorbell(block);
}

/* A disk may take longer than a watchdog waits for its client: gives a sign of life and answers when the next is due.
 */
static uint64_t sign_of_life(const struct block *block)
{
    return watchdog_until(block->setup.watchdog_ns, time_ticks(), block->patience);
}

/* Waits for the one request that is out. The service's flag and its restart are ours; all others are kept. */
static enum virtio_error wait_for(struct block *block)
{
    const uint64_t ours = block->setup.flag | COMPONENT_FLAG_RESTARTED;
    uint16_t head = 0;
    uint32_t written = 0;
    enum virtio_error error = virtio_driver_take(&block->driver, &head, &written);

    while (error == VIRTIO_EMPTY) {
        struct quoll_result result = quoll_notification_wait(COMPONENT_CAP_NOTIFICATION, sign_of_life(block));

        if (result.error == QUOLL_TIMEOUT && time_ticks() < block->patience)
            continue;
        if (result.error != QUOLL_OK)
            return VIRTIO_DETACHED;
        /* Others want to know of a restart as well. */
        component_keep_flags(result.word[0] & ~block->setup.flag);
        error = virtio_driver_take(&block->driver, &head, &written);
        if (error == VIRTIO_EMPTY && (result.word[0] & ours) != 0)
            block_restarted(block);
    }
    return error;
}

/* `bytes` of data come back from the service, of a read, or go to it. */
static enum block_result request(struct block *block, enum virtio_block_type type, uint64_t sector, uint32_t bytes)
{
    uint8_t *window = (uint8_t *)(uintptr_t)block->setup.window;
    const struct virtio_block_header header = {.type = type, .sector = sector};
    uint16_t head = 0;

    if (block->stopped)
        return BLOCK_STOPPED;
    memcpy(window + HEADER, &header, sizeof(header));
    if (virtio_block_add(&block->driver, HEADER, (struct virtio_buffer){DATA, bytes}, type == VIRTIO_BLOCK_IN, STATUS,
                         &head) != VIRTIO_OK)
        return BLOCK_STOPPED;
    if (virtio_driver_kick(&block->driver))
        ring_doorbell(block);
    block->stopped = wait_for(block) != VIRTIO_OK;
    if (block->stopped)
        return BLOCK_STOPPED;
    switch (*(const volatile uint8_t *)(window + STATUS)) {
    case VIRTIO_BLOCK_OK:
        return BLOCK_DONE;
    case VIRTIO_BLOCK_UNSUPPORTED:
        return BLOCK_NOT_SUPPORTED;
    default:
        return BLOCK_REFUSED;
    }
}

static uint32_t part_of(const struct block *block, uint64_t bytes)
{
    uint32_t most = block->transfer_bytes / VIRTIO_BLOCK_SECTOR * VIRTIO_BLOCK_SECTOR;

    return bytes < most ? (uint32_t)bytes : most;
}

enum block_result block_read(struct block *block, uint64_t sector, void *data, uint64_t bytes)
{
    const uint8_t *window = (const uint8_t *)(uintptr_t)block->setup.window;
    uint8_t *to = data;
    enum block_result result = BLOCK_DONE;

    for (uint64_t left = bytes; left != 0 && result == BLOCK_DONE;) {
        uint32_t part = part_of(block, left);

        result = request(block, VIRTIO_BLOCK_IN, sector, part);
        if (result == BLOCK_DONE)
            memcpy(to, window + DATA, part);
        to += part;
        left -= part;
        sector += part / VIRTIO_BLOCK_SECTOR;
    }
    return result;
}

enum block_result block_write(struct block *block, uint64_t sector, const void *data, uint64_t bytes)
{
    uint8_t *window = (uint8_t *)(uintptr_t)block->setup.window;
    const uint8_t *from = data;
    enum block_result result = BLOCK_DONE;

    for (uint64_t left = bytes; left != 0 && result == BLOCK_DONE;) {
        uint32_t part = part_of(block, left);

        memcpy(window + DATA, from, part);
        result = request(block, VIRTIO_BLOCK_OUT, sector, part);
        from += part;
        left -= part;
        sector += part / VIRTIO_BLOCK_SECTOR;
    }
    return result;
}

enum block_result block_flush(struct block *block)
{
    return block->flushes ? request(block, VIRTIO_BLOCK_FLUSH, 0, 0) : BLOCK_DONE;
}

enum block_result block_discard(struct block *block, uint64_t sector, uint32_t sectors)
{
    const struct virtio_block_range range = {.sector = sector, .sectors = sectors};

    memcpy((uint8_t *)(uintptr_t)block->setup.window + DATA, &range, sizeof(range));
    return request(block, VIRTIO_BLOCK_DISCARD, 0, sizeof(range));
}
