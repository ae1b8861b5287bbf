/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes through the queues of a network device (virtio 1.2, 5.1), and its configuration. In both directions a frame
 * comes behind a header of 12 bytes.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

enum { VIRTIO_NET_ID = 1, VIRTIO_NET_RECEIVE = 0, VIRTIO_NET_TRANSMIT = 1, VIRTIO_NET_QUEUES = 2 };

enum virtio_net_feature_bit {
    VIRTIO_NET_F_CSUM = 0,       /* the device finishes checksums of what the driver sends */
    VIRTIO_NET_F_GUEST_CSUM = 1, /* the driver takes frames whose checksum is not finished */
    VIRTIO_NET_F_MTU = 3,
    VIRTIO_NET_F_MAC = 5,
    VIRTIO_NET_F_GUEST_TSO4 = 7, /* the driver takes TCP over IPv4 that is not segmented */
    VIRTIO_NET_F_GUEST_TSO6 = 8,
    VIRTIO_NET_F_HOST_TSO4 = 11, /* the device segments it */
    VIRTIO_NET_F_HOST_TSO6 = 12,
    VIRTIO_NET_F_MRG_RXBUF = 15, /* a received frame may take several chains */
    VIRTIO_NET_F_STATUS = 16,    /* the configuration says whether there is a link */
};

enum virtio_net_flags { VIRTIO_NET_NEEDS_CSUM = 1, VIRTIO_NET_DATA_VALID = 2 };

/* Of the configuration's `status` (5.1.4). */
enum virtio_net_status { VIRTIO_NET_LINK_UP = 1 };

enum virtio_net_gso { VIRTIO_NET_GSO_NONE = 0, VIRTIO_NET_GSO_TCPV4 = 1, VIRTIO_NET_GSO_TCPV6 = 4 };

struct virtio_net_header {
    uint8_t flags;            /* enum virtio_net_flags */
    uint8_t gso_type;         /* enum virtio_net_gso */
    uint16_t header_length;   /* of the frame, through its TCP header: a hint */
    uint16_t gso_size;        /* payload of a segment */
    uint16_t checksum_start;  /* in the frame, of what the sum is over, to its end */
    uint16_t checksum_offset; /* from there, where the sum goes */
    uint16_t buffers;         /* received frames: chains that it takes */
};

struct virtio_net_config {
    uint8_t mac[6];
    uint16_t status; /* enum virtio_net_status */
    uint16_t queue_pairs_max;
    uint16_t mtu;
};

static_assert(sizeof(struct virtio_net_header) == 12, "virtio 1.2, 5.1.6");
static_assert(sizeof(struct virtio_net_config) == 12, "virtio 1.2, 5.1.4");
