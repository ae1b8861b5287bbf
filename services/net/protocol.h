/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a client says to the portal `net`. The capability's label says which client it is. Word 0 of a request is the
 * operation; word 0 of a reply is zero or a result, or NET_FAILED | enum net_error.
 */
#pragma once

#include <stdint.h>

#include "virtio/net.h"
#include "virtio/service.h"

enum net_operation {
    NET_ATTACH = VIRTIO_SERVICE_ATTACH, /* queue VIRTIO_NET_RECEIVE or _TRANSMIT: virtio/service.h */
    NET_DETACH = VIRTIO_SERVICE_DETACH,
    NET_QUEUES = VIRTIO_SERVICE_QUEUES,
    NET_INFO = 6,   /* reply: w0 0, w1 the client's address, first octet most significant, w2 features that the port
                     *        has (VIRTIO_NET_F_CSUM and so on), w3 bytes of a frame's payload at most (MTU), w4 1 with a
                     *        wire, else 0 */
    NET_COUNTS = 7, /* reply: w0 0, w1 frames that the client sent, w2 of them refused (not its address, a header that
                     *        makes no sense, a frame too short or too long), w3 frames that it was given, w4 frames
                     * that it had no room for, since this copy of the service began */
};

#define NET_FAILED VIRTIO_SERVICE_FAILED

enum net_error {
    NET_BAD_OPERATION = 1, /* no such operation */
    NET_BAD_CLIENT = 3,    /* the label is unknown */
    NET_BAD_QUEUE = 4,     /* no such queue, or it is attached */
    NET_BAD_RING = 5,      /* size, address or alignment of a ring, or it is not in the client's window */
};

enum {
    NET_QUEUE_SIZE_MAX = 256,
    NET_SEGMENTS_MAX = 64, /* buffers of a frame that is sent */
    NET_MTU = 1500,
    NET_HEADER = 14,                      /* of Ethernet: two addresses and a type */
    NET_FRAME_MAX = NET_HEADER + NET_MTU, /* of a frame that is not to be segmented; tags are the switch's */
    NET_LARGE_MAX = NET_HEADER + 65535,   /* of one that is */
};
