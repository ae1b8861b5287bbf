/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "switch.h"

#include <stddef.h>

/* Frames to these are for the bridge itself, and none passes them on (IEEE 802.1Q, 8.6.3). */
#define RESERVED UINT64_C(0x0180c2000000)

/* What a port offers; all of it holds whoever the others are (frame.h). */
#define OFFERED                                                                        \
    (UINT64_C(1) << VIRTIO_NET_F_CSUM | UINT64_C(1) << VIRTIO_NET_F_GUEST_CSUM |       \
     UINT64_C(1) << VIRTIO_NET_F_HOST_TSO4 | UINT64_C(1) << VIRTIO_NET_F_HOST_TSO6 |   \
     UINT64_C(1) << VIRTIO_NET_F_GUEST_TSO4 | UINT64_C(1) << VIRTIO_NET_F_GUEST_TSO6 | \
     UINT64_C(1) << VIRTIO_NET_F_MRG_RXBUF)

enum { WIRE = -1, GROUP_SHIFT = 40 };

static uint64_t get_mac(const uint8_t *bytes)
{
    uint64_t mac = 0;

    for (unsigned i = 0; i < 6; i++)
        mac = mac << 8 | bytes[i];
    return mac;
}

/* For several stations, or all. */
static bool is_group(uint64_t mac)
{
    return (mac >> GROUP_SHIFT & 1) != 0;
}

/* The port that has this address, or WIRE. */
static int port_of(const struct net_switch *net, uint16_t vlan, uint64_t mac)
{
    for (unsigned i = 0; i < net->port_count; i++)
        if (net->ports[i].mac == mac && net->ports[i].vlan == vlan)
            return (int)i;
    return WIRE;
}

static struct station *place_of(struct net_switch *net, uint16_t vlan, uint64_t mac)
{
    uint64_t hash = (mac ^ (uint64_t)vlan << 48) * UINT64_C(0x9e3779b97f4a7c15);

    return &net->stations[(hash >> 32) % (NET_STATIONS / NET_WAYS) * NET_WAYS];
}

static bool is_fresh(const struct net_switch *net, const struct station *station)
{
    return station->mac != 0 && net->now - station->seen <= NET_AGE_SECONDS;
}

/* Whether the station is known to be on the wire. */
static bool is_known(struct net_switch *net, uint16_t vlan, uint64_t mac)
{
    const struct station *place = place_of(net, vlan, mac);

    for (unsigned i = 0; i < NET_WAYS; i++)
        if (place[i].mac == mac && place[i].vlan == vlan)
            return is_fresh(net, &place[i]);
    return false;
}

static void learn(struct net_switch *net, uint16_t vlan, uint64_t mac)
{
    struct station *place = place_of(net, vlan, mac);
    struct station *oldest = place;

    for (unsigned i = 0; i < NET_WAYS; i++) {
        if (place[i].mac == mac && place[i].vlan == vlan) {
            place[i].seen = net->now;
            return;
        }
        if (oldest->mac != 0 && (place[i].mac == 0 || place[i].seen < oldest->seen))
            oldest = &place[i];
    }
    *oldest = (struct station){mac, vlan, net->now};
}

/*
 * Takes chains of the port's until they hold `bytes`: one alone unless the client said that it takes several. How
 * many, 0: there is no room, and nothing was taken.
 */
static uint16_t take_room(struct net_switch *net, struct port *port, uint64_t bytes, unsigned *segments)
{
    struct virtio_queue *queue = &port->queue[VIRTIO_NET_RECEIVE];
    unsigned most = (port->features[VIRTIO_NET_RECEIVE] >> VIRTIO_NET_F_MRG_RXBUF & 1) != 0 ? NET_GIVEN_CHAINS : 1;
    uint64_t room = 0;
    uint16_t count = 0;

    *segments = 0;
    while (room < bytes && count < most) {
        struct virtio_chain *chain = &net->chains[count];

        /* A chain that is longer than the rest of the table stops the queue: the table is longer than any may be. */
        if (NET_GIVEN_SEGMENTS - *segments < NET_SEGMENTS_MAX ||
            virtio_queue_take(queue, chain, net->given + *segments, NET_SEGMENTS_MAX) != VIRTIO_OK)
            break;
        if (chain->readable != 0 || chain->writable_bytes < sizeof(struct virtio_net_header)) {
            virtio_queue_stop(queue, VIRTIO_BAD_REQUEST);
            break;
        }
        room += chain->writable_bytes;
        *segments += chain->writable;
        count++;
    }
    if (room >= bytes)
        return count;
    virtio_queue_put_back(queue, count);
    return 0;
}

/* Writes header and packet into the segments, behind each other. */
static void fill(struct net_switch *net, const struct virtio_net_header *header, unsigned segments)
{
    const uint8_t *head = (const uint8_t *)header;
    uint32_t at = 0; /* of header and packet */
    uint32_t all = (uint32_t)sizeof(*header) + packet_length(&net->packet);

    for (unsigned i = 0; i < segments && at < all; i++) {
        uint8_t *to = net->given[i].base;
        uint32_t left = net->given[i].length < all - at ? net->given[i].length : all - at;

        for (; left != 0 && at < sizeof(*header); left--)
            *to++ = head[at++];
        if (left != 0)
            packet_copy(&net->packet, at - (uint32_t)sizeof(*header), to, left);
        at += left;
    }
}

/* False: there is no room. */
static bool give_packet(struct net_switch *net, struct port *port)
{
    struct virtio_queue *queue = &port->queue[VIRTIO_NET_RECEIVE];
    struct virtio_net_header header = net->packet.header;
    uint64_t left = sizeof(header) + packet_length(&net->packet);
    unsigned segments = 0;
    uint16_t count = take_room(net, port, left, &segments);

    if (count == 0)
        return false;
    header.buffers = count;
    fill(net, &header, segments);
    for (uint16_t i = 0; i < count; i++) {
        uint64_t part = net->chains[i].writable_bytes < left ? net->chains[i].writable_bytes : left;

        virtio_queue_fill(queue, i, net->chains[i].head, (uint32_t)part);
        left -= part;
    }
    virtio_queue_publish(queue, count);
    port->given++;
    return true;
}

/* What follows a packet that there is no room for is not even made: a dead receiver costs nobody checksums. */
static void give_port(struct net_switch *net, struct port *port)
{
    uint64_t features = port->features[VIRTIO_NET_RECEIVE];
    unsigned count = frame_packets(&net->frame, features);

    for (unsigned i = 0; i < count && virtio_queue_works(&port->queue[VIRTIO_NET_RECEIVE]); i++) {
        frame_packet(&net->frame, features, 0, i, &net->packet);
        if (!give_packet(net, port)) {
            port->lost += count - i;
            return;
        }
    }
}

static void give_wire(struct net_switch *net, uint16_t vlan)
{
    unsigned count = frame_packets(&net->frame, net->wire->features);

    for (unsigned i = 0; i < count; i++) {
        frame_packet(&net->frame, net->wire->features, vlan, i, &net->packet);
        if (!net->wire->send(net->wire->context, &net->packet))
            return;
    }
}

/* Whether frames go between the port and `from`, a port or WIRE. */
static bool reaches(const struct net_switch *net, unsigned port, int from)
{
    uint64_t bit = from == WIRE ? NET_REACHES_WIRE : UINT64_C(1) << from;

    return from != (int)port && (net->ports[port].reaches & bit) != 0;
}

/* net->frame came in at `from`, a port or WIRE, without a tag, and is of `vlan`. */
static void forward(struct net_switch *net, int from, uint16_t vlan)
{
    uint64_t to = get_mac(net->frame.head);
    bool from_port = from != WIRE;
    bool to_wire = net->wire != NULL && from_port && (net->ports[from].reaches & NET_REACHES_WIRE) != 0;
    int port = is_group(to) ? WIRE : port_of(net, vlan, to);

    if ((to & ~UINT64_C(15)) == RESERVED)
        return;
    if (port != WIRE) {
        if (reaches(net, (unsigned)port, from))
            give_port(net, &net->ports[port]);
        return;
    }
    if (to_wire)
        give_wire(net, vlan);
    if (!is_group(to) && is_known(net, vlan, to))
        return;
    for (unsigned i = 0; i < net->port_count; i++)
        if (net->ports[i].vlan == vlan && reaches(net, i, from))
            give_port(net, &net->ports[i]);
}

/* The chain holds a frame of the port's: whether it may pass. */
static bool accept_frame(struct net_switch *net, const struct port *port, const struct virtio_chain *chain)
{
    struct virtio_net_header header = {0};
    uint64_t bytes = chain->readable_bytes - sizeof(header);

    segments_copy(net->sent, chain->readable, 0, (uint8_t *)&header, sizeof(header));
    /* That a checksum is right is not a client's to say. */
    header.flags &= VIRTIO_NET_NEEDS_CSUM;
    return bytes <= NET_LARGE_MAX &&
           frame_open(&net->frame, net->sent, chain->readable, sizeof(header), (uint32_t)bytes, &header,
                      port->features[VIRTIO_NET_TRANSMIT]) == FRAME_GOOD &&
           !frame_tagged(&net->frame) && get_mac(net->frame.head + 6) == port->mac;
}

uint32_t switch_step(struct net_switch *net)
{
    struct virtio_chain chain = {0};

    for (unsigned i = 0; i < net->port_count; i++) {
        unsigned number = net->turn;
        struct port *port = &net->ports[number];
        struct virtio_queue *queue = &port->queue[VIRTIO_NET_TRANSMIT];

        net->turn = (net->turn + 1) % net->port_count;
        if (virtio_queue_take(queue, &chain, net->sent, NET_SEGMENTS_MAX) != VIRTIO_OK)
            continue;
        if (chain.writable != 0 || chain.readable_bytes < sizeof(struct virtio_net_header)) {
            virtio_queue_stop(queue, VIRTIO_BAD_REQUEST);
            continue;
        }
        port->sent++;
        if (accept_frame(net, port, &chain))
            forward(net, (int)number, port->vlan);
        else
            port->refused++;
        virtio_queue_complete(queue, chain.head, 0);
        /* What is longer was refused unread. */
        return chain.readable_bytes < NET_LARGE_MAX ? (uint32_t)chain.readable_bytes : NET_LARGE_MAX;
    }
    return 0;
}

void switch_receive(struct net_switch *net, const struct virtio_net_header *header, uint8_t *bytes, uint32_t length)
{
    const struct virtio_segment source = {bytes, length};
    uint16_t vlan = 0;
    uint64_t mac = 0;

    if (frame_open(&net->frame, &source, 1, 0, length, header, net->wire->features) != FRAME_GOOD ||
        !frame_untag(&net->frame, &vlan) || frame_tagged(&net->frame))
        return;
    /* An address of ours from outside is a loop or a lie. */
    mac = get_mac(net->frame.head + 6);
    if (is_group(mac) || mac == 0 || port_of(net, vlan, mac) != WIRE)
        return;
    learn(net, vlan, mac);
    forward(net, WIRE, vlan);
}

static bool is_broken(const struct virtio_queue *queue)
{
    return !virtio_queue_works(queue) && queue->error != VIRTIO_DETACHED;
}

unsigned port_step(struct port *port)
{
    unsigned result = 0;
    bool broken = false;

    for (unsigned i = 0; i < VIRTIO_NET_QUEUES; i++) {
        if (virtio_queue_signal(&port->queue[i]))
            result |= PORT_SIGNAL;
        broken = broken || is_broken(&port->queue[i]);
    }
    if (broken && !port->broken_told) {
        port->broken_told = true;
        result |= PORT_BROKEN;
    }
    return result;
}

const char *port_error(const struct port *port)
{
    for (unsigned i = 0; i < VIRTIO_NET_QUEUES; i++)
        if (is_broken(&port->queue[i]))
            return virtio_error_text(port->queue[i].error);
    return virtio_error_text(VIRTIO_OK);
}

void port_detach(struct port *port)
{
    for (unsigned i = 0; i < VIRTIO_NET_QUEUES; i++) {
        virtio_queue_detach(&port->queue[i]);
        port->features[i] = 0;
    }
    port->broken_told = false;
}

static unsigned attach(struct port *port, const uint64_t *word)
{
    const struct virtio_queue_setup setup = virtio_service_setup(word);

    if (word[1] >= VIRTIO_NET_QUEUES || port->queue[word[1]].error != VIRTIO_DETACHED)
        return NET_BAD_QUEUE;
    if (word[2] > NET_QUEUE_SIZE_MAX || virtio_queue_attach(&port->queue[word[1]], &port->window, &setup) != VIRTIO_OK)
        return NET_BAD_RING;
    port->features[word[1]] = setup.features & OFFERED;
    return 0;
}

void port_answer(const struct net_switch *net, struct port *port, const uint64_t *word, uint64_t *reply)
{
    unsigned error = 0;

    if (port == NULL) {
        reply[0] = NET_FAILED | NET_BAD_CLIENT;
        return;
    }
    switch (word[0]) {
    case NET_ATTACH:
        error = attach(port, word);
        break;
    case NET_DETACH:
        port_detach(port);
        break;
    case NET_QUEUES:
        for (unsigned i = 0; i < VIRTIO_NET_QUEUES; i++)
            reply[0] |= (uint64_t)virtio_service_state(&port->queue[i]) << (8 * i);
        return;
    case NET_INFO:
        reply[1] = port->mac;
        reply[2] = OFFERED;
        reply[3] = NET_MTU;
        reply[4] = net->wire != NULL;
        break;
    case NET_COUNTS:
        reply[1] = port->sent;
        reply[2] = port->refused;
        reply[3] = port->given;
        reply[4] = port->lost;
        break;
    default:
        error = NET_BAD_OPERATION;
        break;
    }
    reply[0] = error != 0 ? NET_FAILED | error : 0;
}
