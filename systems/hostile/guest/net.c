/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The network's driver: what it sends must reach nobody but whom this guest may reach, `target`, and cost others no
 * more than its turns at the switch.
 */
#include "lib/virtio/net.h"
#include "guest.h"

enum {
    RX = VIRTIO_NET_RECEIVE,
    TX = VIRTIO_NET_TRANSMIT,
    FRAMES = RING / 2, /* of two descriptors each: header and frame */
    BUFFER = 2048,
    ETHERNET = 14,
    HEADERS = ETHERNET + 20 + 20, /* with those of IPv4 and TCP */
    PING = ETHERNET + 20 + 8 + 1400,
    LARGE = 65536 - 4096,
    IPV4 = 0x0800,
    TAG = 0x8100,
};

#define LARGE_AT (GUEST_AREA + 0x100000)

static struct device device = {
    .registers = GUEST_NET,
    .queues = VIRTIO_NET_QUEUES,
    .features = 1U << VIRTIO_NET_F_CSUM | 1U << VIRTIO_NET_F_GUEST_CSUM | 1U << VIRTIO_NET_F_HOST_TSO4 |
                1U << VIRTIO_NET_F_HOST_TSO6 | 1U << VIRTIO_NET_F_MRG_RXBUF,
};

/* system.yaml: ours, and that of `target` */
#define OURS   UINT64_C(0x525400000003)
#define TARGET UINT64_C(0x525400000004)

static volatile uint8_t *buffer_of(unsigned queue, unsigned number)
{
    return (volatile uint8_t *)(GUEST_AREA + (uint64_t)(queue * RING + number) * BUFFER);
}

static void put(volatile uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static void give(unsigned number)
{
    offer_buffer(&device, RX, number, (uintptr_t)buffer_of(RX, number), BUFFER, VIRTIO_DESCRIPTOR_WRITE);
}

/* Begins anew where that is needed, with buffers to receive in if `gives`. */
static void begin(bool gives)
{
    if (device_works(&device))
        return;
    device_begin(&device);
    for (unsigned i = 0; i < RING && gives; i++)
        give(i);
    ring_bell(&device, RX);
}

static void give_back(void)
{
    unsigned number = 0;
    bool came = false;

    while (take(&device, RX, &number)) {
        give(number);
        came = true;
    }
    if (came)
        ring_bell(&device, RX);
}

static bool has_room(void)
{
    return waiting(&device, TX) < FRAMES;
}

static unsigned next_frame(void)
{
    return rings_of(&device, TX)->available[1] % FRAMES;
}

static volatile struct virtio_net_header *header_of(unsigned number)
{
    return (volatile struct virtio_net_header *)queue_of(&device, TX)->head[number];
}

static void send(unsigned number, volatile uint8_t *frame, uint64_t bytes)
{
    volatile struct virtio_descriptor *descriptors = &rings_of(&device, TX)->descriptors[2 * number];

    describe(&descriptors[0], (uintptr_t)header_of(number), sizeof(struct virtio_net_header), VIRTIO_DESCRIPTOR_NEXT,
             2 * number + 1);
    describe(&descriptors[1], (uintptr_t)frame, bytes, 0, 0);
    offer(&device, TX, 2 * number);
}

static void no_offload(volatile struct virtio_net_header *header)
{
    header->flags = 0;
    header->gso_type = VIRTIO_NET_GSO_NONE;
    header->header_length = header->gso_size = header->checksum_start = header->checksum_offset = 0;
}

static void make_frame(volatile uint8_t *frame, unsigned bytes, unsigned protocol)
{
    volatile uint8_t *ip = frame + ETHERNET;

    put(frame, TARGET, 6);
    put(frame + 6, OURS, 6);
    put(frame + 12, IPV4, 2);
    put(ip, 0x4500, 2);
    put(ip + 2, bytes - ETHERNET, 2);
    put(ip + 8, 0x4000 | protocol, 2);
    put(ip + 16, 0x0a000228, 4); /* 10.0.2.40 */
}

static void send_ping(void)
{
    unsigned number = next_frame();
    volatile uint8_t *frame = buffer_of(TX, number);

    no_offload(header_of(number));
    make_frame(frame, PING, 1);
    put(frame + ETHERNET + 20, 0x0800, 2);
    send(number, frame, PING);
}

/* What a neighbour that only has much to do costs: pings, and what comes back. */
static void is_busy(void)
{
    begin(true);
    give_back();
    while (has_room())
        send_ping();
    ring_bell(&device, TX);
}

/* 60 KiB of TCP, which are to be cut into 42 frames with a sum each: as much as a frame can cost. */
static void sends_large(void)
{
    volatile uint8_t *frame = (volatile uint8_t *)LARGE_AT;

    begin(true);
    give_back();
    while (has_room()) {
        unsigned number = next_frame();
        volatile struct virtio_net_header *header = header_of(number);

        header->flags = VIRTIO_NET_NEEDS_CSUM;
        header->gso_type = VIRTIO_NET_GSO_TCPV4;
        header->header_length = HEADERS;
        header->gso_size = 1446;
        header->checksum_start = ETHERNET + 20;
        header->checksum_offset = 16;
        make_frame(frame, LARGE, 6);
        put(frame + ETHERNET + 20 + 12, 0x50, 1);
        send(number, frame, LARGE);
    }
    ring_bell(&device, TX);
}

/* The device is reset with as much out as goes. */
static void resets(void)
{
    device_reset(&device);
    begin(true);
    while (has_room())
        send_ping();
    ring_bell(&device, TX);
}

static void rings_the_bell(void)
{
    begin(true);
    ring_bell(&device, RX);
    ring_bell(&device, TX);
}

static void takes_nothing(void)
{
    begin(false);
    while (has_room())
        send_ping();
    ring_bell(&device, TX);
}

static void make_header(volatile uint8_t *head)
{
    volatile struct virtio_net_header *header = (volatile struct virtio_net_header *)head;
    static const uint16_t sizes[] = {0, 1, 4, 54, 536, 1446, 65535};
    uint64_t draw = any();

    header->flags = (draw & 3) == 0 ? (uint8_t)any() : (uint8_t)(draw >> 2 & 1);
    header->gso_type = (draw >> 3 & 7) == 0 ? (uint8_t)any() : (uint8_t)(draw >> 6 & 1);
    header->header_length = sizes[(draw >> 7) % 7];
    header->gso_size = sizes[(draw >> 10) % 7];
    header->checksum_start = (draw >> 13 & 7) == 0 ? (uint16_t)any() : ETHERNET + 20;
    header->checksum_offset = (draw >> 16 & 7) == 0 ? (uint16_t)any() : 16;
    header->buffers = (uint16_t)(draw >> 19);
}

static uint64_t any_station(void)
{
    static const uint64_t stations[] = {OURS,
                                        0x525400000001, /* pinger */
                                        0x525400000040, /* echo-net */
                                        0,
                                        0xffffffffffff,
                                        0x01005e000001,
                                        0x0180c2000000}; /* the bridge itself */
    uint64_t draw = any();

    return (draw & 7) == 7 ? any() : stations[draw % 7];
}

/* Any frame: its addresses, tags, length, and what its header says of it. */
static void floods(void)
{
    static const uint16_t types[] = {IPV4, TAG, 0x88a8, 0x86dd, 0x0806, 0};

    begin(true);
    give_back();
    while (has_room()) {
        unsigned number = next_frame();
        bool large = one_in(8);
        volatile uint8_t *frame = large ? (volatile uint8_t *)LARGE_AT : buffer_of(TX, number);

        make_header((volatile uint8_t *)header_of(number));
        make_frame(frame, large ? LARGE : PING, one_in(2) ? 6 : 1);
        put(frame, one_in(2) ? TARGET : any_station(), 6);
        put(frame + 6, one_in(4) ? any_station() : OURS, 6);
        if (one_in(4))
            put(frame + 12, types[any() % 6], 2);
        send(number, frame, any() % (large ? 2 * LARGE : BUFFER));
    }
    ring_bell(&device, TX);
}

static void lies(void)
{
    unsigned queue = (unsigned)(any() % VIRTIO_NET_QUEUES);
    unsigned direction = (queue == TX) == one_in(16) ? VIRTIO_DESCRIPTOR_WRITE : 0;

    lie(&device, queue, (struct honest){queue == TX ? sizeof(struct virtio_net_header) : 0, 0, direction}, make_header);
}

static const struct attack attacks[] = {
    {"net is busy", is_busy},
    {"net sends large frames", sends_large},
    {"net resets", resets},
    {"net rings the bell", rings_the_bell},
    {"net takes nothing", takes_nothing},
    {"net floods", floods},
    {"net lies", lies},
};
const struct target net = {&device, attacks, sizeof(attacks) / sizeof(attacks[0])};
