/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The switch (IEEE 802.1D and 802.1Q as far as a bridge without spanning trees has them): ports of clients, a wire, and
 * who gets a frame.
 *
 *   port: transmit queue -> frame --+--> receive queue of one port, or of all that the frame is for
 *   wire ------------------> frame --+--> wire
 *
 * A client's port has one address and one VLAN; what comes from another address or brings a tag is dropped. The wire is
 * a trunk: frames of a VLAN carry its tag there, those of ports without one carry none. Where stations on the wire are
 * is learned from what they send; a frame for an address that nobody has shown yet goes to all of its VLAN.
 *
 * Bound: clients take turns at a frame each, so that a client waits for one frame of each other client, 64 KiB at most.
 * A receiver without room loses the frame, as on any wire; nobody waits for a receiver.
 *
 * No kernel call is made here: tests/unit/net and the fuzzer run it on the host.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "protocol.h"
#include "virtio/queue.h"

enum {
    NET_STATIONS = 256, /* on the wire, that are remembered */
    NET_WAYS = 4,       /* of them, that share a place: the oldest makes room */
    NET_AGE_SECONDS = 300,
    NET_GIVEN_CHAINS = 64, /* that a received frame takes at most */
    NET_GIVEN_SEGMENTS = 128,
};

/* In `reaches`. */
#define NET_REACHES_WIRE (UINT64_C(1) << 63)

struct port {
    const char *name;
    struct virtio_window window;
    uint64_t mac; /* first octet most significant */
    uint16_t vlan;
    uint64_t reaches; /* bit i: port i; and NET_REACHES_WIRE */
    struct virtio_queue queue[VIRTIO_NET_QUEUES];
    uint64_t features[VIRTIO_NET_QUEUES]; /* as the queue was attached */
    bool broken_told;
    uint64_t sent, refused, given, lost; /* frames: NET_COUNTS */
};

struct station {
    uint64_t mac; /* 0: none */
    uint16_t vlan;
    uint64_t seen; /* seconds */
};

/* What lies behind the wire, for the switch. */
struct wire {
    uint64_t features; /* VIRTIO_NET_F_GUEST_CSUM: it takes checksums that are not finished; _CSUM: it brings such */
    /* Sends the packet, or loses it: true, false. */
    bool (*send)(void *context, const struct packet *packet);
    void *context; /* `send`'s */
};

struct net_switch {
    struct port *ports;
    unsigned port_count;
    unsigned turn;           /* whose turn is next */
    const struct wire *wire; /* NULL: there is none */
    uint64_t now;            /* seconds, set by the caller */
    struct station stations[NET_STATIONS];
    /* of the frame that is on its way */
    struct virtio_segment sent[NET_SEGMENTS_MAX];
    struct frame frame;
    struct packet packet;
    struct virtio_segment given[NET_GIVEN_SEGMENTS];
    struct virtio_chain chains[NET_GIVEN_CHAINS];
};

/* Portal `net`: `port` is NULL for a label that nobody has. `reply` is 8 words, zero when it comes in. */
void port_answer(const struct net_switch *net, struct port *port, const uint64_t *word, uint64_t *reply);

/* Forgets both queues. */
void port_detach(struct port *port);

/* Passes on one frame of the next client that has one; how many bytes it had, 0: none was there. */
uint32_t switch_step(struct net_switch *net);

/* A frame from the wire, `length` bytes at `bytes`, with the header that came with it. */
void switch_receive(struct net_switch *net, const struct virtio_net_header *header, uint8_t *bytes, uint32_t length);

enum port_step {
    PORT_SIGNAL = 1 << 0, /* the client wants an interrupt */
    PORT_BROKEN = 1 << 1, /* a queue of it stopped, for the first time */
};

/* What the client is to be told of what was passed on. A set of enum port_step. */
unsigned port_step(struct port *port);

/* Why a queue of the port has stopped. */
const char *port_error(const struct port *port);
