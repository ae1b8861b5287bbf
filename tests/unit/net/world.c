/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests.h"

struct client clients[CLIENTS];
struct port ports[CLIENTS];
struct net_switch net;
struct wire wire;
struct sent_out sent_out;
uint8_t got[LARGE_BUFFER + NET_HEADER];
struct virtio_net_header got_header;

static bool to_wire(void *context, const struct packet *packet)
{
    assert_ptr_equal(context, &wire);
    if (sent_out.full)
        return false;
    sent_out.frames++;
    sent_out.length = packet_length(packet);
    sent_out.header = packet->header;
    assert_true(sent_out.length <= sizeof(sent_out.bytes));
    packet_copy(packet, 0, sent_out.bytes, sent_out.length);
    return true;
}

uint64_t ask(unsigned client, uint64_t *word)
{
    uint64_t reply[8] = {0};

    port_answer(&net, &ports[client], word, reply);
    memcpy(word, reply, sizeof(reply));
    return reply[0];
}

uint64_t attach(unsigned client, uint32_t queue)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&clients[client].driver[queue]);
    uint64_t word[8] = {NET_ATTACH, queue, rings.size, rings.descriptors, rings.available, rings.used, rings.features};

    return ask(client, word);
}

static void give_buffer(unsigned client, unsigned buffer, uint32_t length)
{
    struct client *one = &clients[client];
    const struct virtio_buffer part = {BUFFERS + (uint64_t)buffer * BUFFER, length};
    uint16_t head = 0;

    assert_int_equal(virtio_driver_add(&one->driver[VIRTIO_NET_RECEIVE], &part, 0, 1, &head), VIRTIO_OK);
    one->buffer_of[VIRTIO_NET_RECEIVE][head] = buffer;
}

/* `client` begins anew, as one that negotiated this. */
void begin(unsigned client, uint64_t features)
{
    struct client *one = &clients[client];

    memset(one, 0, sizeof(*one));
    port_detach(&ports[client]);
    for (uint32_t q = 0; q < VIRTIO_NET_QUEUES; q++) {
        const struct virtio_driver_setup ring = {one->memory + (size_t)q * 4096,
                                                 q * 4096,
                                                 RING,
                                                 0,
                                                 UINT64_C(1) << VIRTIO_F_EVENT_IDX | features,
                                                 one->slots[q]};
        assert_int_equal(virtio_driver_start(&one->driver[q], &ring), VIRTIO_OK);
        assert_int_equal(attach(client, q), 0);
    }
    for (unsigned i = 0; i < RING; i++)
        give_buffer(client, i, BUFFER);
}

/* A switch that has just begun: nothing of it outlives it. */
void begin_service(void)
{
    uint64_t reaches[CLIENTS];
    uint16_t vlans[CLIENTS];

    for (unsigned i = 0; i < CLIENTS; i++) {
        reaches[i] = ports[i].reaches;
        vlans[i] = ports[i].vlan;
    }
    memset(ports, 0, sizeof(ports));
    memset(&net, 0, sizeof(net));
    net.ports = ports;
    net.port_count = CLIENTS;
    wire.send = to_wire;
    wire.context = &wire;
    net.wire = &wire;
    for (unsigned i = 0; i < CLIENTS; i++) {
        ports[i] = (struct port){.name = "client",
                                 .window = {0, MEMORY, clients[i].memory},
                                 .mac = MAC_BASE + MAC + i,
                                 .vlan = vlans[i],
                                 .reaches = reaches[i]};
        port_detach(&ports[i]);
    }
}

int setup(void **state)
{
    (void)state;
    memset(&sent_out, 0, sizeof(sent_out));
    memset(&wire, 0, sizeof(wire));
    for (unsigned i = 0; i < CLIENTS; i++) {
        ports[i].reaches = ~UINT64_C(0);
        ports[i].vlan = 0;
    }
    begin_service();
    for (unsigned i = 0; i < CLIENTS; i++)
        begin(i, 0);
    return 0;
}

void put_mac(uint8_t *to, uint64_t mac)
{
    for (unsigned i = 0; i < 6; i++)
        to[i] = (uint8_t)(mac >> (8 * (5 - i)));
}

void write_frame(uint8_t *frame, uint64_t to, uint64_t from, uint32_t length, uint8_t fill)
{
    memset(frame, fill, length);
    put_mac(frame, to);
    put_mac(frame + 6, from);
    frame[12] = 0x88;
    frame[13] = 0xb5; /* for local experiments */
}

/* The client puts `length` bytes at `frame` into its ring, in two parts. */
void put_frame(unsigned client, const struct virtio_net_header *header, const uint8_t *frame, uint32_t length)
{
    struct client *one = &clients[client];
    uint64_t at = SENT + (uint64_t)(one->next++ % RING) * LARGE_BUFFER;
    uint32_t first = pick(length + 1) + 12;
    const struct virtio_buffer parts[2] = {{at, first}, {at + first, length + 12 - first}};
    uint16_t head = 0;
    uint32_t written = 0;

    while (virtio_driver_take(&one->driver[VIRTIO_NET_TRANSMIT], &head, &written) == VIRTIO_OK)
        assert_int_equal(written, 0);
    memcpy(one->memory + at, header, 12);
    memcpy(one->memory + at + 12, frame, length);
    assert_int_equal(virtio_driver_add(&one->driver[VIRTIO_NET_TRANSMIT], parts, 2, 0, &head), VIRTIO_OK);
}

void put_plain(unsigned client, uint64_t to, uint64_t from, uint8_t fill)
{
    const struct virtio_net_header header = {0};
    uint8_t frame[PAYLOAD];

    write_frame(frame, to, from, PAYLOAD, fill);
    put_frame(client, &header, frame, PAYLOAD);
}

void run(void)
{
    while (switch_step(&net) != 0)
        ;
}

/* The next frame that the client got, into `got`: its length, 0: none. Its buffers go back. */
uint32_t get_frame(unsigned client)
{
    struct client *one = &clients[client];
    uint32_t length = 0;
    unsigned buffers = 1;

    for (unsigned i = 0; i < buffers; i++) {
        uint16_t head = 0;
        uint32_t written = 0;
        enum virtio_error error = virtio_driver_take(&one->driver[VIRTIO_NET_RECEIVE], &head, &written);

        if (i == 0 && error == VIRTIO_EMPTY)
            return 0;
        assert_int_equal(error, VIRTIO_OK);
        unsigned buffer = one->buffer_of[VIRTIO_NET_RECEIVE][head];
        const uint8_t *bytes = one->memory + BUFFERS + (size_t)buffer * BUFFER;
        if (i == 0) {
            assert_true(written >= 12 + NET_HEADER);
            memcpy(&got_header, bytes, 12);
            buffers = got_header.buffers;
            assert_true(buffers != 0 && buffers <= RING);
            bytes += 12;
            written -= 12;
        }
        memcpy(got + length, bytes, written);
        length += written;
        give_buffer(client, buffer, BUFFER);
    }
    return length;
}

/* That those clients, bit i for client i, and nobody else, got one frame of PAYLOAD bytes. */
void assert_got(unsigned who)
{
    for (unsigned i = 0; i < CLIENTS; i++) {
        uint32_t length = get_frame(i);

        if (length != ((who >> i & 1) != 0 ? PAYLOAD : 0))
            fail_msg("client %u got %u bytes", i, length);
        if (length != 0)
            assert_int_equal(get_frame(i), 0);
    }
}

void assert_out(unsigned frames)
{
    assert_int_equal(sent_out.frames, frames);
    sent_out.frames = 0;
}

uint64_t mac_of(unsigned client)
{
    return MAC_BASE + MAC + client;
}

/* `from` sends to `to`: these clients get it, and the wire or not. */
void assert_sent(unsigned from, uint64_t to, unsigned who, unsigned frames)
{
    put_plain(from, to, mac_of(from), 'x');
    run();
    assert_got(who);
    assert_out(frames);
}

void from_wire(uint64_t to, uint64_t from, uint16_t vlan, unsigned who)
{
    const struct virtio_net_header header = {0};
    uint8_t *frame = malloc(PAYLOAD + 4); /* so that a byte beyond it is noticed */

    write_frame(frame, to, from, PAYLOAD + (vlan != 0 ? 4 : 0), 'w');
    if (vlan != 0)
        memcpy(frame + 12, (const uint8_t[]){0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan, 0x88, 0xb5}, 6);
    switch_receive(&net, &header, frame, PAYLOAD + (vlan != 0 ? 4 : 0));
    assert_got(who);
    assert_out(0);
    free(frame);
}
