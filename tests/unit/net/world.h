/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A switch with a few clients that keep to the rules of rings, and a wire that remembers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "services/net/switch.h"
#include "virtio/driver.h"

enum {
    CLIENTS = 4,
    RING = 16,
    BUFFERS = 16384, /* of a client's memory, RING of them for each queue */
    BUFFER = 4096,
    LARGE_BUFFER = 70000, /* those to send */
    SENT = BUFFERS + RING * BUFFER,
    MEMORY = SENT + RING * LARGE_BUFFER,
    MAC = 0x10, /* the last octet of the first client's */
    PAYLOAD = 100,
};

#define MAC_BASE  UINT64_C(0x525400000000)
#define BIT(name) (UINT64_C(1) << VIRTIO_NET_F_##name)

struct client {
    _Alignas(16) uint8_t memory[MEMORY];
    struct virtio_driver driver[VIRTIO_NET_QUEUES];
    struct virtio_driver_slot slots[VIRTIO_NET_QUEUES][RING];
    unsigned buffer_of[VIRTIO_NET_QUEUES][RING];
    unsigned next; /* buffer to send with */
};

extern struct client clients[CLIENTS];
extern struct port ports[CLIENTS];
extern struct net_switch net;
extern struct wire wire;
struct sent_out {
    unsigned frames;
    bool full;
    uint32_t length;
    struct virtio_net_header header;
    uint8_t bytes[2048];
};
extern struct sent_out sent_out; /* at the wire, the last one */
extern uint8_t got[LARGE_BUFFER + NET_HEADER];
extern struct virtio_net_header got_header;

enum { STATION = 0x99, GROUP = 1 };
#define ALL           UINT64_C(0xffffffffffff)
#define ON_WIRE       (MAC_BASE + STATION)
#define GROUP_ADDRESS UINT64_C(0x01005e000001)

/* The portal; answers word 0 of the reply, which `word` becomes. */
uint64_t ask(unsigned client, uint64_t *word);

/* The rings of the client, to the switch. */
uint64_t attach(unsigned client, uint32_t queue);

/* `client` begins anew, as one that negotiated this. */
void begin(unsigned client, uint64_t features);

/* A switch that has just begun: nothing of it outlives it. */
void begin_service(void);

/* Before each test. */
int setup(void **state);
void put_mac(uint8_t *to, uint64_t mac);

/* Of `length` bytes, its payload all `fill`. */
void write_frame(uint8_t *frame, uint64_t to, uint64_t from, uint32_t length, uint8_t fill);

/* The client puts `length` bytes at `frame` into its ring, in two parts. */
void put_frame(unsigned client, const struct virtio_net_header *header, const uint8_t *frame, uint32_t length);

/* The same with a frame of PAYLOAD bytes. */
void put_plain(unsigned client, uint64_t to, uint64_t from, uint8_t fill);

/* Until there is nothing to pass on. */
void run(void);

/* The next frame that the client got, into `got`: its length, 0: none. Its buffers go back. */
uint32_t get_frame(unsigned client);

/* That those clients, bit i for client i, and nobody else, got one frame of PAYLOAD bytes. */
void assert_got(unsigned who);

/* That as many frames went out at the wire since this was last asked. */
void assert_out(unsigned frames);
uint64_t mac_of(unsigned client);

/* `from` sends to `to`: these clients get it, and so many go to the wire. */
void assert_sent(unsigned from, uint64_t to, unsigned who, unsigned frames);

/* A frame of PAYLOAD bytes, with a tag unless `vlan` is 0; these clients get it. */
void from_wire(uint64_t to, uint64_t from, uint16_t vlan, unsigned who);
