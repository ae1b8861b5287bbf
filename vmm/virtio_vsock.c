/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_vsock.h"

#include <assert.h>
#include <string.h>

#include "services/vsock/protocol.h"
#include "virtio/segment.h"
#include "virtio/vsock.h"
#include "virtio_absent.h"
#include "virtio_service.h"
#include "virtio_shadow.h"

/* Copied: what Linux receives into is a page and a header, what it sends at most 64 KiB and a header. */
enum {
    RECEIVE_BYTES = 8 * 1024,
    RECEIVE_CHAINS = 32,
    RECEIVE_SEGMENTS = 4,
    TRANSMIT_BYTES = 68 * 1024,
    TRANSMIT_CHAINS = 16,
    TRANSMIT_SEGMENTS = 36,
    EVENT_BYTES = 64,
    EVENT_CHAINS = 8,
    EVENT_SEGMENTS = 1,
};

static struct virtio_shadow_chain held[RECEIVE_CHAINS + TRANSMIT_CHAINS + EVENT_CHAINS];
static struct virtio_segment receive_segments[RECEIVE_CHAINS * RECEIVE_SEGMENTS];
static struct virtio_segment transmit_segments[TRANSMIT_CHAINS * TRANSMIT_SEGMENTS];
static struct virtio_segment event_segments[EVENT_CHAINS * EVENT_SEGMENTS];

static struct virtio_shadow_queue copied[VIRTIO_VSOCK_QUEUES] = {
    [VIRTIO_VSOCK_RECEIVE] =
        {
            .bytes = RECEIVE_BYTES,
            .chains = RECEIVE_CHAINS,
            .segments = RECEIVE_SEGMENTS,
            .held = held,
            .in_guest = receive_segments,
        },
    [VIRTIO_VSOCK_TRANSMIT] =
        {
            .bytes = TRANSMIT_BYTES,
            .chains = TRANSMIT_CHAINS,
            .segments = TRANSMIT_SEGMENTS,
            .held = held + RECEIVE_CHAINS,
            .in_guest = transmit_segments,
        },
    [VIRTIO_VSOCK_EVENT] =
        {
            .bytes = EVENT_BYTES,
            .chains = EVENT_CHAINS,
            .segments = EVENT_SEGMENTS,
            .held = held + RECEIVE_CHAINS + TRANSMIT_CHAINS,
            .in_guest = event_segments,
        },
};

static_assert((int)TRANSMIT_BYTES >= (int)VIRTIO_VSOCK_PAYLOAD_MAX + (int)VIRTIO_VSOCK_HEADER, "any packet fits");
static_assert(2 * (int)RECEIVE_CHAINS <= (int)SHADOW_SIZE, "the shadow ring has room for all");

/* Whatever a packet says, there is nobody who could have a connection; a guest without a buffer for that is not told.
 */
static void refuse(struct virtio_mmio *device, const struct virtio_absent_chain *packet)
{
    struct virtio_vsock_header header = {0};
    struct virtio_vsock_header reset = {0};
    struct virtio_absent_chain buffer = {0};
    uint64_t read = virtio_segments_read(packet->segments, packet->chain.readable, 0, &header, VIRTIO_VSOCK_HEADER);

    virtio_absent_done(device, VIRTIO_VSOCK_TRANSMIT, packet, 0);
    if (read < VIRTIO_VSOCK_HEADER || header.operation == VIRTIO_VSOCK_RESET ||
        !virtio_absent_next(device, VIRTIO_VSOCK_RECEIVE, &buffer))
        return;
    reset = virtio_vsock_reset_for(&header);
    virtio_absent_done(device, VIRTIO_VSOCK_RECEIVE, &buffer,
                       (uint32_t)virtio_segments_write(buffer.segments + buffer.chain.readable, buffer.chain.writable,
                                                       0, &reset, VIRTIO_VSOCK_HEADER));
}

static void refuse_all(struct virtio_mmio *device)
{
    struct virtio_absent_chain packet = {0};

    for (uint32_t i = 0;
         i < device->queue[VIRTIO_VSOCK_TRANSMIT].size && virtio_absent_next(device, VIRTIO_VSOCK_TRANSMIT, &packet);
         i++)
        refuse(device, &packet);
}

static void end_connections(struct virtio_mmio *device, bool absent)
{
    const struct virtio_vsock_event event = {VIRTIO_VSOCK_TRANSPORT_RESET};
    struct virtio_absent_chain buffer = {0};

    if (!absent || !device->failing || !virtio_absent_next(device, VIRTIO_VSOCK_EVENT, &buffer))
        return;
    virtio_absent_done(device, VIRTIO_VSOCK_EVENT, &buffer,
                       (uint32_t)virtio_segments_write(buffer.segments + buffer.chain.readable, buffer.chain.writable,
                                                       0, &event, sizeof(event)));
}

static const struct virtio_absence absence = {
    .text = "its connections are over",
    .answer = refuse_all,
    .tell = end_connections,
};

void virtio_vsock_init(struct virtio_mmio *device)
{
    struct quoll_message message = {.word = {VSOCK_INFO}};
    struct virtio_vsock_config space = {0};

    *device = (struct virtio_mmio){
        .name = "socket device",
        .copied = copied,
        .absence = &absence,
        .queue_count = VIRTIO_VSOCK_QUEUES,
        .queue_size_max = VSOCK_QUEUE_SIZE_MAX,
        .config_size = sizeof(space),
    };
    if (!virtio_service_open(device, VM_VSOCK, &message))
        return;
    device->device_id = VIRTIO_VSOCK_ID;
    space.guest_cid = message.word[1];
    memcpy(device->config, &space, sizeof(space));
}
