/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * services/net under libFuzzer. The first byte of an input says what the rest is: a client's memory with its rings at
 * the beginning, a virtio-net header and a frame from a client, or the same from the wire. The second says what its
 * receivers take.
 */
#include <stdlib.h>
#include <string.h>

#include "services/net/switch.h"
#include "virtio/driver.h"

enum {
    PORTS = 3, /* the one under test, one that the frame may be for, one of another VLAN */
    MEMORY = 16384,
    RING = 16,
    RECEIVER_MEMORY = 128 * 1024,
    RECEIVER_BUFFERS = 8192,
    RECEIVER_BUFFER = 4096,
    STEPS = 64,
    VLAN = 10,
    OTHER_VLAN = 20,
};

#define MAC(i)   (UINT64_C(0x525400000010) + (i))
#define FEATURES UINT64_C(0xffffff)

static struct net_switch net;
static struct wire wire;
static struct port ports[PORTS];
static _Alignas(16) uint8_t receivers[PORTS][RECEIVER_MEMORY];
static struct virtio_driver drivers[PORTS];
static struct virtio_driver_slot slots[PORTS][RING];

static void must(bool good)
{
    if (!good)
        abort();
}

/* Of VLAN 10 if it came from a client, with the client's address. */
static bool to_wire(void *context, const struct packet *packet)
{
    uint32_t length = packet_length(packet);
    uint8_t *bytes = malloc(length);

    (void)context;
    must(bytes != NULL && length >= NET_HEADER + FRAME_TAG && length <= NET_FRAME_MAX + FRAME_TAG);
    packet_copy(packet, 0, bytes, length);
    must(memcmp(bytes + 12, "\x81\x00\x00\x0a", 4) == 0);
    must(memcmp(bytes + 6, "\x52\x54\x00\x00\x00\x10", 6) == 0);
    must((packet->header.flags & VIRTIO_NET_NEEDS_CSUM) == 0 ||
         (uint32_t)packet->header.checksum_start + packet->header.checksum_offset + 2 <= length);
    free(bytes);
    return true;
}

static void begin(const uint8_t *memory, uint64_t size)
{
    memset(&net, 0, sizeof(net));
    memset(ports, 0, sizeof(ports));
    net.ports = ports;
    net.port_count = PORTS;
    wire = (struct wire){.send = to_wire};
    net.wire = &wire;
    for (unsigned i = 0; i < PORTS; i++) {
        ports[i] = (struct port){.name = "client",
                                 .mac = MAC(i),
                                 .vlan = i == 2 ? OTHER_VLAN : VLAN,
                                 .reaches = ~UINT64_C(0),
                                 .window = {0, RECEIVER_MEMORY, receivers[i]}};
        port_detach(&ports[i]);
    }
    ports[0].window = (struct virtio_window){0, size, (uint8_t *)(uintptr_t)memory};
}

static void attach(unsigned port, uint64_t queue, const struct virtio_queue_setup *setup)
{
    uint64_t word[8] = {NET_ATTACH,       queue,       setup->size,    setup->descriptors,
                        setup->available, setup->used, setup->features};
    uint64_t reply[8] = {0};

    port_answer(&net, &ports[port], word, reply);
    must(reply[0] == 0);
}

/* Receivers that keep to the rules. */
static void receive_at(unsigned port, uint64_t features)
{
    const struct virtio_driver_setup ring = {receivers[port], 0, RING, 0, features | UINT64_C(1) << VIRTIO_F_EVENT_IDX,
                                             slots[port]};
    struct virtio_queue_setup rings = {0};
    uint16_t head = 0;

    must(virtio_driver_start(&drivers[port], &ring) == VIRTIO_OK);
    for (unsigned i = 0; i < RING; i++) {
        const struct virtio_buffer buffer = {RECEIVER_BUFFERS + (uint64_t)i * RECEIVER_BUFFER, RECEIVER_BUFFER};
        must(virtio_driver_add(&drivers[port], &buffer, 0, 1, &head) == VIRTIO_OK);
    }
    rings = virtio_driver_queue(&drivers[port]);
    attach(port, VIRTIO_NET_RECEIVE, &rings);
}

/* What came: nothing in the other VLAN, no tags, nothing that says of itself what is not so. */
static void check_received(unsigned port, bool from_client)
{
    uint16_t head = 0;
    uint32_t written = 0;

    while (virtio_driver_take(&drivers[port], &head, &written) == VIRTIO_OK) {
        uint64_t at = drivers[port].descriptors[head].address;
        struct virtio_net_header header = {0};

        must(written >= sizeof(header) + NET_HEADER || !from_client);
        memcpy(&header, receivers[port] + at, sizeof(header));
        must(header.buffers >= 1 && header.buffers <= RING);
        must(!from_client || memcmp(receivers[port] + at + 18, "\x52\x54\x00\x00\x00\x10", 6) == 0);
        must(port != 2 || !from_client);
        must(memcmp(receivers[port] + at + 24, "\x81\x00", 2) != 0);
        must((header.flags & VIRTIO_NET_NEEDS_CSUM) == 0 || header.checksum_start >= NET_HEADER);
        for (unsigned i = 1; i < header.buffers; i++)
            must(virtio_driver_take(&drivers[port], &head, &written) == VIRTIO_OK);
    }
    must(drivers[port].error == VIRTIO_OK);
}

static void run(bool from_client)
{
    for (unsigned step = 0; step < STEPS; step++)
        if (switch_step(&net) == 0)
            break;
    for (unsigned i = 0; i < PORTS; i++)
        (void)port_step(&ports[i]);
    for (unsigned i = 1; i < PORTS; i++) {
        must(virtio_queue_works(&ports[i].queue[VIRTIO_NET_RECEIVE]));
        check_received(i, from_client);
    }
}

/* A client's memory: the ring to send at 0, that to receive at 2048. A frame of it is for itself or others. */
static void serve(const uint8_t *input, size_t size, uint64_t features)
{
    /* Of the heap, so that a byte beyond it is noticed. */
    uint8_t *memory = calloc(1, MEMORY);
    struct virtio_queue_setup setup = {RING, 0, 256, 512, FEATURES | UINT64_C(3) << VIRTIO_F_INDIRECT_DESC};
    const struct virtio_net_header header = {0};
    uint8_t *frame = malloc(100);

    must(memory != NULL && frame != NULL);
    memcpy(memory, input, size < MEMORY ? size : MEMORY);
    /* Used rings from their beginning, else most rings run ahead of them. */
    memset(memory + 512, 0, 8);
    memset(memory + 2048 + 512, 0, 8);
    begin(memory, MEMORY);
    attach(0, VIRTIO_NET_TRANSMIT, &setup);
    setup = (struct virtio_queue_setup){RING, 2048, 2048 + 256, 2048 + 512, setup.features};
    attach(0, VIRTIO_NET_RECEIVE, &setup);
    receive_at(1, features);
    receive_at(2, features);
    run(true);
    /* It is given something, too. */
    memset(frame, 0, 100);
    memcpy(frame, "\x52\x54\x00\x00\x00\x10\x00\x00\x00\x00\x00\x01\x81\x00\x00\x0a\x08\x00", 18);
    for (unsigned i = 0; i < RING; i++)
        switch_receive(&net, &header, frame, 18 + i * 5);
    free(frame);
    free(memory);
}

/* A frame of a client that keeps to the rules of rings alone. */
static void send(const uint8_t *input, size_t size, uint64_t features)
{
    static _Alignas(16) uint8_t memory[4096 + 65536 + 64];
    static struct virtio_driver driver;
    static struct virtio_driver_slot mine[RING];
    const struct virtio_driver_setup ring = {memory, 0, RING, 0, FEATURES, mine};
    uint32_t length = size < 12 ? 12 : (uint32_t)size;
    uint32_t more = 0;
    uint16_t head = 0;

    must(virtio_driver_start(&driver, &ring) == VIRTIO_OK);
    size = size < 65536 ? size : 65536;
    memset(memory + 4096, 0, 64);
    memcpy(memory + 4096, input, size);
    /* Its own address, often; longer than the input, sometimes: up to 64 KiB. */
    if (size > 13 && (input[12] & 1) != 0)
        memcpy(memory + 4096 + 18, "\x52\x54\x00\x00\x00\x10", 6);
    if (size > 15 && (input[13] & 3) == 3)
        more = (uint32_t)input[14] << 8;
    length = length + more < 65562 ? length + more : 65562;
    if (length > size)
        memset(memory + 4096 + size, 0, length - size);
    const struct virtio_buffer parts[2] = {{4096, length / 3}, {4096 + length / 3, length - length / 3}};
    must(virtio_driver_add(&driver, parts, 2, 0, &head) == VIRTIO_OK);
    begin(memory, sizeof(memory));
    struct virtio_queue_setup rings = virtio_driver_queue(&driver);
    attach(0, VIRTIO_NET_TRANSMIT, &rings);
    receive_at(1, features);
    receive_at(2, features);
    wire.features = features & 3;
    run(true);
    must(virtio_queue_works(&ports[0].queue[VIRTIO_NET_TRANSMIT]));
}

static void from_wire(const uint8_t *input, size_t size, uint64_t features)
{
    struct virtio_net_header header = {0};
    uint32_t length = size < sizeof(header) ? 0 : (uint32_t)(size - sizeof(header));
    uint8_t *frame = malloc(length + 1U);

    must(frame != NULL);
    memcpy(&header, input, size < sizeof(header) ? size : sizeof(header));
    if (length != 0)
        memcpy(frame, input + sizeof(header), length);
    begin(NULL, 0);
    receive_at(1, features);
    receive_at(2, features);
    wire.features = features & 3;
    switch_receive(&net, &header, frame, length);
    switch_receive(&net, &header, frame, length);
    run(false);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < 2)
        return 0;
    /* Bits of what matters, spread: CSUM and GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, MRG_RXBUF. */
    uint64_t features =
        (input[1] & 3U) | (input[1] & 4U) << 5 | (input[1] & 8U) << 5 | (uint64_t)(input[1] & 16U) << 11;
    switch (input[0] % 3) {
    case 0:
        serve(input + 2, size - 2, features);
        break;
    case 1:
        send(input + 2, size - 2, features);
        break;
    default:
        from_wire(input + 2, size - 2, features);
        break;
    }
    return 0;
}
