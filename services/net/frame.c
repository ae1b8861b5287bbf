/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "frame.h"

#include <assert.h>
#include <string.h>

enum {
    TYPE_AT = 12,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_TAG = 0x8100, /* IEEE 802.1Q, 9.4 */
    TYPE_SERVICE_TAG = 0x88a8,
    VLAN_MASK = 0xfff,
    PROTOCOL_TCP = 6,
    IPV4_LENGTH = 2, /* offsets in the headers: RFC 791, RFC 8200, RFC 9293 */
    IPV4_IDENTIFICATION = 4,
    IPV4_PROTOCOL = 9,
    IPV4_CHECKSUM = 10,
    IPV4_ADDRESSES = 12,
    IPV4_BYTES = 20,
    IPV6_LENGTH = 4,
    IPV6_NEXT = 6,
    IPV6_ADDRESSES = 8,
    IPV6_BYTES = 40,
    TCP_SEQUENCE = 4,
    TCP_OFFSET = 12,
    TCP_FLAGS = 13,
    TCP_CHECKSUM = 16,
    TCP_BYTES = 20,
    TCP_FIN = 1,
    TCP_PUSH = 8,
    TCP_REDUCED = 128, /* CWR */
};

/* Of a frame that is to be segmented, all of them, whose lengths are four bits of words each. */
static_assert(NET_HEADER + 60 + 60 <= FRAME_HEAD, "the headers are in the private copy");

static bool has(uint64_t features, unsigned bit)
{
    return (features >> bit & 1) != 0;
}

static uint32_t get16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *bytes)
{
    return get16(bytes) << 16 | get16(bytes + 2);
}

static void put32(uint8_t *bytes, uint32_t value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value);
}

void segments_copy(const struct virtio_segment *segments, unsigned count, uint64_t offset, uint8_t *to, uint64_t length)
{
    for (unsigned i = 0; i < count && length != 0; i++) {
        uint64_t part = 0;

        if (offset >= segments[i].length) {
            offset -= segments[i].length;
            continue;
        }
        part = segments[i].length - offset < length ? segments[i].length - offset : length;
        memcpy(to, segments[i].base + offset, part);
        to += part;
        length -= part;
        offset = 0;
    }
}

/* Sums: of 16-bit words in network order, the carries not folded in yet (RFC 1071). */
static uint32_t fold(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

/* `odd`: begins inside a word. Which half of a word is which does not matter until the end (RFC 1071, 2 B). */
static uint64_t sum_bytes(const uint8_t *bytes, uint64_t length, bool odd)
{
    uint64_t native = 0;
    uint64_t sum = 0;
    uint64_t i = 0;

    if (odd && length != 0)
        sum += bytes[i++];
    for (; i + 8 <= length; i += 8) {
        uint64_t eight = 0;

        memcpy(&eight, bytes + i, sizeof(eight));
        native += (eight & UINT32_MAX) + (eight >> 32);
    }
    sum += __builtin_bswap16((uint16_t)fold(native));
    for (; i + 2 <= length; i += 2)
        sum += get16(bytes + i);
    if (i < length)
        sum += (uint64_t)bytes[i] << 8;
    return sum;
}

/* Of the frame's payload, behind its head. */
static uint64_t sum_source(const struct frame *frame, uint32_t from, uint32_t length, bool odd)
{
    uint64_t offset = (uint64_t)frame->skip + from;
    uint64_t left = length;
    uint64_t sum = 0;

    for (unsigned i = 0; i < frame->source_count && left != 0; i++) {
        const struct virtio_segment *segment = &frame->source[i];
        uint64_t part = 0;

        if (offset >= segment->length) {
            offset -= segment->length;
            continue;
        }
        part = segment->length - offset < left ? segment->length - offset : left;
        sum += sum_bytes(segment->base + offset, part, odd);
        odd = odd != ((part & 1) != 0);
        left -= part;
        offset = 0;
    }
    return sum;
}

/* The TCP header of a frame that is to be segmented: whether all is what the virtio-net header says. */
static bool check_large(struct frame *frame, bool six)
{
    const struct virtio_net_header *offload = &frame->offload;
    const uint8_t *ip = frame->head + NET_HEADER;
    const uint8_t *tcp = frame->head + offload->checksum_start;
    uint32_t ip_bytes = six ? IPV6_BYTES : (ip[0] & 15U) * 4;
    uint32_t payload = 0;

    if (frame->length < NET_HEADER + ip_bytes + TCP_BYTES ||
        get16(frame->head + TYPE_AT) != (six ? TYPE_IPV6 : TYPE_IPV4))
        return false;
    if (ip[0] >> 4 != (six ? 6 : 4) || ip_bytes < IPV4_BYTES || ip[six ? IPV6_NEXT : IPV4_PROTOCOL] != PROTOCOL_TCP)
        return false;
    if (offload->checksum_start != NET_HEADER + ip_bytes || offload->checksum_offset != TCP_CHECKSUM)
        return false;
    frame->headers = offload->checksum_start + (uint32_t)(tcp[TCP_OFFSET] >> 4) * 4;
    if (tcp[TCP_OFFSET] >> 4 < TCP_BYTES / 4 || frame->headers >= frame->length)
        return false;
    payload = frame->length - frame->headers;
    return offload->gso_size != 0 && frame->headers + offload->gso_size <= NET_FRAME_MAX &&
           (payload + offload->gso_size - 1) / offload->gso_size <= FRAME_SEGMENTS_MAX;
}

static bool check_offload(struct frame *frame, uint64_t features)
{
    struct virtio_net_header *offload = &frame->offload;
    bool six = offload->gso_type == VIRTIO_NET_GSO_TCPV6;

    if ((offload->flags & VIRTIO_NET_NEEDS_CSUM) == 0) {
        /* Where a sum begins and how large a segment is means nothing then. */
        if (offload->gso_type != VIRTIO_NET_GSO_NONE)
            return false;
        *offload = (struct virtio_net_header){.flags = offload->flags & VIRTIO_NET_DATA_VALID};
        return true;
    }
    if (!has(features, VIRTIO_NET_F_CSUM) || offload->checksum_start < NET_HEADER ||
        (uint32_t)offload->checksum_start + offload->checksum_offset + 2 > frame->head_length)
        return false;
    offload->flags = VIRTIO_NET_NEEDS_CSUM;
    offload->header_length = 0;
    if (offload->gso_type == VIRTIO_NET_GSO_NONE) {
        offload->gso_size = 0;
        return true;
    }
    if (!six && offload->gso_type != VIRTIO_NET_GSO_TCPV4)
        return false;
    return has(features, six ? VIRTIO_NET_F_HOST_TSO6 : VIRTIO_NET_F_HOST_TSO4) && check_large(frame, six);
}

enum frame_verdict frame_open(struct frame *frame, const struct virtio_segment *source, unsigned count, uint32_t skip,
                              uint32_t length, const struct virtio_net_header *offload, uint64_t features)
{
    frame->source = source;
    frame->source_count = count;
    frame->skip = skip;
    frame->length = length;
    frame->head_length = length < FRAME_HEAD ? length : FRAME_HEAD;
    frame->offload = *offload;
    frame->offload.buffers = 0;
    frame->headers = 0;
    if (length < NET_HEADER || length > NET_LARGE_MAX)
        return FRAME_BAD_LENGTH;
    segments_copy(source, count, skip, frame->head, frame->head_length);
    if (!check_offload(frame, features))
        return FRAME_BAD_OFFLOAD;
    /* A tag is not counted: it is the switch that takes it out. */
    if (frame->headers == 0 && length > NET_FRAME_MAX + (get16(frame->head + TYPE_AT) == TYPE_TAG ? FRAME_TAG : 0))
        return FRAME_BAD_LENGTH;
    return FRAME_GOOD;
}

bool frame_tagged(const struct frame *frame)
{
    uint32_t type = get16(frame->head + TYPE_AT);

    return type == TYPE_TAG || type == TYPE_SERVICE_TAG;
}

bool frame_untag(struct frame *frame, uint16_t *vlan)
{
    struct virtio_net_header *offload = &frame->offload;

    *vlan = 0;
    if (get16(frame->head + TYPE_AT) != TYPE_TAG)
        return true;
    if (frame->length < NET_HEADER + FRAME_TAG)
        return false;
    *vlan = (uint16_t)(get16(frame->head + TYPE_AT + 2) & VLAN_MASK);
    if ((offload->flags & VIRTIO_NET_NEEDS_CSUM) != 0) {
        if (offload->checksum_start < NET_HEADER + FRAME_TAG)
            return false;
        offload->checksum_start = (uint16_t)(offload->checksum_start - FRAME_TAG);
    }
    memmove(frame->head + TYPE_AT, frame->head + TYPE_AT + FRAME_TAG, frame->head_length - TYPE_AT - FRAME_TAG);
    frame->head_length -= FRAME_TAG;
    frame->length -= FRAME_TAG;
    frame->skip += FRAME_TAG;
    return *vlan != VLAN_MASK;
}

static bool takes_large(const struct frame *frame, uint64_t features)
{
    bool six = frame->offload.gso_type == VIRTIO_NET_GSO_TCPV6;

    return has(features, VIRTIO_NET_F_GUEST_CSUM) &&
           has(features, six ? VIRTIO_NET_F_GUEST_TSO6 : VIRTIO_NET_F_GUEST_TSO4);
}

unsigned frame_packets(const struct frame *frame, uint64_t features)
{
    if (frame->headers == 0 || takes_large(frame, features))
        return 1;
    return (frame->length - frame->headers + frame->offload.gso_size - 1) / frame->offload.gso_size;
}

/* The segment `number` of a large frame: its headers, whose TCP checksum is left to be finished. */
static void cut(const struct frame *frame, unsigned number, struct packet *packet)
{
    const struct virtio_net_header *offload = &frame->offload;
    bool six = offload->gso_type == VIRTIO_NET_GSO_TCPV6;
    uint32_t done = number * offload->gso_size;
    uint32_t left = frame->length - frame->headers - done;
    bool last = left <= offload->gso_size;
    uint8_t *ip = packet->head + NET_HEADER;
    uint8_t *tcp = packet->head + offload->checksum_start;
    uint32_t segment = 0; /* TCP header and payload */
    uint64_t sum = 0;

    packet->head_length = frame->headers;
    packet->from = frame->headers + done;
    packet->bytes = last ? left : offload->gso_size;
    segment = frame->headers - offload->checksum_start + packet->bytes;
    if (six) {
        put16(ip + IPV6_LENGTH, segment);
        sum = sum_bytes(ip + IPV6_ADDRESSES, 32, false);
    } else {
        uint32_t ip_bytes = offload->checksum_start - (uint32_t)NET_HEADER;

        put16(ip + IPV4_LENGTH, ip_bytes + segment);
        put16(ip + IPV4_IDENTIFICATION, get16(ip + IPV4_IDENTIFICATION) + number);
        put16(ip + IPV4_CHECKSUM, 0);
        put16(ip + IPV4_CHECKSUM, ~fold(sum_bytes(ip, ip_bytes, false)));
        sum = sum_bytes(ip + IPV4_ADDRESSES, 8, false);
    }
    put32(tcp + TCP_SEQUENCE, get32(tcp + TCP_SEQUENCE) + done);
    if (!last)
        tcp[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PUSH);
    if (number != 0)
        tcp[TCP_FLAGS] &= (uint8_t)~TCP_REDUCED;
    put16(tcp + TCP_CHECKSUM, fold(sum + PROTOCOL_TCP + segment));
    packet->header = (struct virtio_net_header){.flags = VIRTIO_NET_NEEDS_CSUM,
                                                .checksum_start = offload->checksum_start,
                                                .checksum_offset = offload->checksum_offset};
}

/* The field holds the sum of the pseudo-header; zero would mean that there is none (RFC 768). */
static void finish_checksum(struct packet *packet)
{
    uint32_t start = packet->header.checksum_start;
    uint8_t *field = packet->head + start + packet->header.checksum_offset;
    uint64_t sum = sum_bytes(packet->head + start, packet->head_length - start, false) +
                   sum_source(packet->frame, packet->from, packet->bytes, ((packet->head_length - start) & 1) != 0);
    uint32_t value = ~fold(sum) & 0xffff;

    put16(field, value != 0 ? value : 0xffff);
    packet->header = (struct virtio_net_header){0};
}

static void tag(struct packet *packet, uint16_t vlan)
{
    memmove(packet->head + TYPE_AT + FRAME_TAG, packet->head + TYPE_AT, packet->head_length - TYPE_AT);
    put16(packet->head + TYPE_AT, TYPE_TAG);
    put16(packet->head + TYPE_AT + 2, vlan);
    packet->head_length += FRAME_TAG;
    if ((packet->header.flags & VIRTIO_NET_NEEDS_CSUM) != 0)
        packet->header.checksum_start = (uint16_t)(packet->header.checksum_start + FRAME_TAG);
}

void frame_packet(const struct frame *frame, uint64_t features, uint16_t vlan, unsigned number, struct packet *packet)
{
    packet->frame = frame;
    packet->header = frame->offload;
    packet->head_length = frame->head_length;
    packet->from = frame->head_length;
    packet->bytes = frame->length - frame->head_length;
    memcpy(packet->head, frame->head, frame->head_length);
    if (frame->headers != 0) {
        packet->header.header_length = (uint16_t)frame->headers;
        if (!takes_large(frame, features))
            cut(frame, number, packet);
    }
    if (!has(features, VIRTIO_NET_F_GUEST_CSUM)) {
        if ((packet->header.flags & VIRTIO_NET_NEEDS_CSUM) != 0)
            finish_checksum(packet);
        packet->header.flags = 0;
    }
    if (vlan != 0)
        tag(packet, vlan);
}

void packet_copy(const struct packet *packet, uint32_t offset, uint8_t *to, uint32_t length)
{
    if (offset < packet->head_length) {
        uint32_t part = packet->head_length - offset < length ? packet->head_length - offset : length;

        memcpy(to, packet->head + offset, part);
        to += part;
        length -= part;
        offset += part;
    }
    segments_copy(packet->frame->source, packet->frame->source_count,
                  (uint64_t)packet->frame->skip + packet->from + (offset - packet->head_length), to, length);
}
