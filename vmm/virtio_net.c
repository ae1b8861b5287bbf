/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_net.h"

#include <assert.h>
#include <string.h>

#include "services/net/protocol.h"
#include "virtio/net.h"
#include "virtio_absent.h"
#include "virtio_service.h"
#include "virtio_shadow.h"

/*
 * Copied: the guest may send large frames, but is given small ones: a chain is a whole frame then, and each is handed
 * on as the service finishes it.
 */
enum {
    COPIED_RECEIVE_FRAMES = 128, /* two large frames from another guest, cut */
    COPIED_RECEIVE_BYTES = 2048,
    COPIED_RECEIVE_SEGMENTS = 4,
    COPIED_SEND_FRAMES = 32,
    COPIED_SEND_BYTES = 68 * 1024,
    COPIED_SEND_SEGMENTS = NET_SEGMENTS_MAX,
};

static struct virtio_shadow_chain receiving[COPIED_RECEIVE_FRAMES];
static struct virtio_segment received_in[COPIED_RECEIVE_FRAMES * COPIED_RECEIVE_SEGMENTS];
static struct virtio_shadow_chain sending[COPIED_SEND_FRAMES];
static struct virtio_segment sent_from[COPIED_SEND_FRAMES * COPIED_SEND_SEGMENTS];
static struct virtio_shadow_queue copied[VIRTIO_NET_QUEUES] = {
    [VIRTIO_NET_RECEIVE] = {.bytes = COPIED_RECEIVE_BYTES,
                            .chains = COPIED_RECEIVE_FRAMES,
                            .ring = 2 * COPIED_RECEIVE_FRAMES,
                            .segments = COPIED_RECEIVE_SEGMENTS,
                            .held = receiving,
                            .in_guest = received_in},
    [VIRTIO_NET_TRANSMIT] = {.bytes = COPIED_SEND_BYTES,
                             .chains = COPIED_SEND_FRAMES,
                             .segments = COPIED_SEND_SEGMENTS,
                             .held = sending,
                             .in_guest = sent_from},
};

static_assert(sizeof(struct virtio_net_header) + NET_FRAME_MAX <= COPIED_RECEIVE_BYTES, "a frame fits");
static_assert(sizeof(struct virtio_net_header) + NET_LARGE_MAX <= COPIED_SEND_BYTES, "a large one too");
static_assert(sizeof(struct virtio_net_config) <= VIRTIO_MMIO_CONFIG, "the transport has room for it");

#define LARGE_FRAMES_IN                                                                \
    (UINT64_C(1) << VIRTIO_NET_F_GUEST_TSO4 | UINT64_C(1) << VIRTIO_NET_F_GUEST_TSO6 | \
     UINT64_C(1) << VIRTIO_NET_F_MRG_RXBUF)

/* A guest that does not know of links has its own time limits alone. */
static void set_link(struct virtio_mmio *device, bool absent)
{
    struct virtio_net_config space = {0};

    memcpy(&space, device->config, sizeof(space));
    space.status = absent ? 0 : VIRTIO_NET_LINK_UP;
    memcpy(device->config, &space, sizeof(space));
    if (device->started && (device->accepted >> VIRTIO_NET_F_STATUS & 1) != 0)
        virtio_mmio_config_changed(device);
}

static const struct virtio_absence absence = {.text = "its link is down", .tell = set_link};

void virtio_net_init(struct virtio_mmio *device)
{
    struct quoll_message message = {.word = {NET_INFO}};
    struct virtio_net_config space = {.status = VIRTIO_NET_LINK_UP, .queue_pairs_max = 1};

    *device = (struct virtio_mmio){
        .name = "network",
        .copied = copied,
        .absence = &absence,
        .queue_count = VIRTIO_NET_QUEUES,
        .queue_size_max = NET_QUEUE_SIZE_MAX,
        .offered =
            UINT64_C(1) << VIRTIO_NET_F_MAC | UINT64_C(1) << VIRTIO_NET_F_MTU | UINT64_C(1) << VIRTIO_NET_F_STATUS,
        .config_size = sizeof(space),
    };
    if (!virtio_service_open(device, VM_NET, &message))
        return;
    device->device_id = VIRTIO_NET_ID;
    device->offered |= message.word[2];
    if (!device->service->trusted)
        device->offered &= ~LARGE_FRAMES_IN;
    for (unsigned i = 0; i < sizeof(space.mac); i++)
        space.mac[i] = (uint8_t)(message.word[1] >> (8 * (sizeof(space.mac) - 1 - i)));
    space.mtu = (uint16_t)message.word[3];
    memcpy(device->config, &space, sizeof(space));
}
