/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A frame on its way through the switch, and the packets that it becomes for whoever receives it.
 *
 *   sender's buffers -> frame: its first FRAME_HEAD bytes in a private copy, read once, and where the rest lies
 *   frame -> packet: a private head (tag, addresses, checksums as this receiver needs them), and a part of the rest
 *
 * All that is decided is decided on the private head. The rest is payload: should the sender change it meanwhile, the
 * receiver gets a wrong frame from a sender that could have sent it one anyway.
 *
 * Offload. A sender may leave a checksum to be finished (NEEDS_CSUM) and a TCP segment as large as 64 KiB to be cut.
 * A receiver that negotiated the like gets both as they are; for any other they are done here, so that what one client
 * negotiates never depends on another, and what was negotiated stays true when a client comes or goes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"
#include "virtio/queue.h"

enum {
    FRAME_HEAD = 192,         /* Ethernet, IPv6 or IPv4 and TCP with options are 134 */
    FRAME_TAG = 4,            /* bytes of an 802.1Q tag */
    FRAME_SEGMENTS_MAX = 128, /* that a large frame may become */
};

struct frame {
    uint8_t head[FRAME_HEAD];
    uint32_t head_length;
    uint32_t length;                     /* of the frame, without a tag */
    const struct virtio_segment *source; /* the frame's bytes, from `skip` on */
    unsigned source_count;
    uint32_t skip;
    struct virtio_net_header offload; /* as checked: of a frame without a tag */
    uint32_t headers;                 /* of one that is to be segmented: bytes through the TCP header, else 0 */
};

struct packet {
    const struct frame *frame;
    uint8_t head[FRAME_HEAD + FRAME_TAG];
    uint32_t head_length;
    uint32_t from, bytes; /* of the frame's bytes, behind the head */
    struct virtio_net_header header;
};

enum frame_verdict {
    FRAME_GOOD = 0,
    FRAME_BAD_LENGTH,  /* shorter than an Ethernet header, or longer than there are */
    FRAME_BAD_OFFLOAD, /* a virtio-net header that was not negotiated, or does not fit the frame behind it */
};

/*
 * Opens the frame that lies in `source` behind `skip` bytes, `length` bytes of it, which the segments have. `offload`
 * came with it, already in a private copy, from whoever negotiated `features`. The segments must stay until the last
 * packet is copied.
 */
enum frame_verdict frame_open(struct frame *frame, const struct virtio_segment *source, unsigned count, uint32_t skip,
                              uint32_t length, const struct virtio_net_header *offload, uint64_t features);

/* Takes the 802.1Q tag out of a frame from a trunk: its VLAN, 0 for none. False: the tag is not one. */
bool frame_untag(struct frame *frame, uint16_t *vlan);

/* Whether there is a tag of any kind, also behind one that was taken out. */
bool frame_tagged(const struct frame *frame);

/* Packets that the frame becomes for a receiver that negotiated `features` (VIRTIO_NET_F_GUEST_CSUM and so on). */
unsigned frame_packets(const struct frame *frame, uint64_t features);

/* The packet `number`, below frame_packets; with a tag of `vlan` unless that is 0. */
void frame_packet(const struct frame *frame, uint64_t features, uint16_t vlan, unsigned number, struct packet *packet);

static inline uint32_t packet_length(const struct packet *packet)
{
    return packet->head_length + packet->bytes;
}

/* Copies bytes [offset, offset + length) of the packet, which it has. */
void packet_copy(const struct packet *packet, uint32_t offset, uint8_t *to, uint32_t length);

/* Copies bytes of `count` segments, from `offset` on, which they have, into `to`. */
void segments_copy(const struct virtio_segment *segments, unsigned count, uint64_t offset, uint8_t *to,
                   uint64_t length);
