/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_block.h"

#include <assert.h>
#include <string.h>

#include "services/block/protocol.h"
#include "virtio/block.h"
#include "virtio_absent.h"
#include "virtio_service.h"
#include "virtio_shadow.h"

/* Copied: as much in one request as a buffer of the shadow ring holds beside header and status. */
enum { COPIED_SEGMENT = 4096, COPIED_SEGMENTS = 30, COPIED_REQUESTS = 15, COPIED_BYTES = 128 * 1024 };

static struct virtio_shadow_chain held[COPIED_REQUESTS];
static struct virtio_segment in_guest[COPIED_REQUESTS * BLOCK_QUEUE_SIZE_MAX];
static struct virtio_shadow_queue copied = {
    .bytes = COPIED_BYTES,
    .segments = BLOCK_QUEUE_SIZE_MAX,
    .held = held,
    .in_guest = in_guest,
};

static_assert(COPIED_SEGMENT * COPIED_SEGMENTS + sizeof(struct virtio_block_header) + 1 <= COPIED_BYTES,
              "a request that keeps to the configuration fits");
static_assert(sizeof(struct virtio_block_config) <= VIRTIO_MMIO_CONFIG, "the transport has room for it");

/* The status is the last byte that the device writes (virtio 1.2, 5.2.6); none of those before it were written. */
static void fail_request(const struct virtio_absent_chain *request)
{
    const uint32_t readable = request->chain.readable;

    for (uint32_t s = readable + request->chain.writable; s > readable; s--) {
        const struct virtio_segment *last = &request->segments[s - 1];

        if (last->length == 0)
            continue;
        *(volatile uint8_t *)(last->base + last->length - 1) = VIRTIO_BLOCK_ERROR;
        return;
    }
}

static void fail_requests(struct virtio_mmio *device)
{
    struct virtio_absent_chain request = {0};

    for (uint32_t i = 0; i < device->queue[0].size && virtio_absent_next(device, 0, &request); i++) {
        fail_request(&request);
        virtio_absent_done(device, 0, &request, 0);
    }
}

static const struct virtio_absence absence = {.text = "its requests fail from now on", .answer = fail_requests};

void virtio_block_init(struct virtio_mmio *device)
{
    struct quoll_message message = {.word = {BLOCK_INFO}};
    struct virtio_block_config space = {.seg_max = BLOCK_SEGMENTS_MAX, .discard_ranges_max = 1};
    uint64_t requests = 0;

    *device = (struct virtio_mmio){
        .name = "disk",
        .copied = &copied,
        .absence = &absence,
        .dma = true,
        .queue_count = 1,
        .queue_size_max = BLOCK_QUEUE_SIZE_MAX,
        .offered = UINT64_C(1) << VIRTIO_BLOCK_F_SEG_MAX,
        .config_size = sizeof(space),
    };
    if (!virtio_service_open(device, VM_DISK, &message))
        return;
    device->device_id = VIRTIO_BLOCK_ID;
    device->offered |= message.word[2];
    space.capacity = message.word[1];
    space.discard_sectors_max = (uint32_t)message.word[3];
    space.discard_alignment = 1;
    if (!device->service->trusted) {
        device->offered |= UINT64_C(1) << VIRTIO_BLOCK_F_SIZE_MAX;
        space.size_max = COPIED_SEGMENT;
        space.seg_max = COPIED_SEGMENTS;
        requests = virtio_shadow_room(device) / COPIED_BYTES;
        copied.chains = (uint16_t)(requests < COPIED_REQUESTS ? requests : COPIED_REQUESTS);
    }
    memcpy(device->config, &space, sizeof(space));
}
