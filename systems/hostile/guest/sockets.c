/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The socket device's driver: what it makes vsock carry, and what it makes it wait for, must reach nobody but whom this
 * guest may reach, the agent, and that one's other clients no further than by its turns.
 */
#include "agent.h"
#include "guest.h"
#include "lib/virtio/vsock.h"

enum {
    RX = VIRTIO_VSOCK_RECEIVE,
    TX = VIRTIO_VSOCK_TRANSMIT,
    EVENT = VIRTIO_VSOCK_EVENT,
    BUFFER = 4096,
    EVENTS = 4,
    CID = 3, /* system.yaml */
    SESSIONS = 8,
    ROOM = 65536, /* buf_alloc */
    FIRST = 4,
};

static struct device device = {.registers = GUEST_SOCKETS, .queues = 3};

static struct session {
    uint32_t port; /* 0: none */
    bool open, waits;
    uint32_t consumed;
} sessions[SESSIONS];
static uint32_t last_port = 1024;

static volatile uint8_t *buffer_of(unsigned queue, unsigned number)
{
    return (volatile uint8_t *)(GUEST_AREA + (uint64_t)(queue * RING + number) * BUFFER);
}

static void give(unsigned queue, unsigned number)
{
    offer_buffer(&device, queue, number, (uintptr_t)buffer_of(queue, number), BUFFER, VIRTIO_DESCRIPTOR_WRITE);
}

/* Begins anew, with `buffers` to receive in. */
static void begin(unsigned buffers)
{
    device_begin(&device);
    for (unsigned i = 0; i < SESSIONS; i++)
        sessions[i].port = 0;
    for (unsigned i = 0; i < buffers; i++)
        give(RX, i);
    for (unsigned i = 0; i < EVENTS; i++)
        give(EVENT, i);
    ring_bell(&device, RX);
    ring_bell(&device, EVENT);
}

static bool has_room(void)
{
    return waiting(&device, TX) < RING;
}

/* `bytes` of payload, whatever the header says. */
static void send(const struct virtio_vsock_header *header, const uint8_t *payload, uint32_t bytes)
{
    unsigned number = rings_of(&device, TX)->available[1] % RING;
    volatile uint8_t *to = buffer_of(TX, number);

    for (unsigned i = 0; i < VIRTIO_VSOCK_HEADER; i++)
        to[i] = ((const uint8_t *)header)[i];
    for (uint32_t i = 0; i < bytes; i++)
        to[VIRTIO_VSOCK_HEADER + i] = payload[i];
    offer_buffer(&device, TX, number, (uintptr_t)to, VIRTIO_VSOCK_HEADER + bytes, 0);
}

static void send_of(const struct session *session, uint32_t to, unsigned operation, const uint8_t *payload,
                    uint32_t bytes)
{
    const struct virtio_vsock_header header = {
        .source_cid = CID,
        .destination_cid = VIRTIO_VSOCK_CID_HOST,
        .source_port = session->port,
        .destination_port = to,
        .length = bytes,
        .type = VIRTIO_VSOCK_STREAM,
        .operation = (uint16_t)operation,
        .buffer = ROOM,
        .consumed = session->consumed,
    };

    send(&header, payload, bytes);
}

static void connect(struct session *session, uint32_t to)
{
    *session = (struct session){.port = ++last_port};
    send_of(session, to, VIRTIO_VSOCK_REQUEST, NULL, 0);
}

static void hear_packet(const volatile uint8_t *packet)
{
    const volatile struct virtio_vsock_header *header = (const volatile struct virtio_vsock_header *)packet;

    for (unsigned i = 0; i < SESSIONS; i++) {
        struct session *session = &sessions[i];

        if (session->port == 0 || session->port != header->destination_port)
            continue;
        if (header->operation == VIRTIO_VSOCK_RESPONSE)
            session->open = true;
        if (header->operation == VIRTIO_VSOCK_RESET || header->operation == VIRTIO_VSOCK_SHUTDOWN)
            session->port = 0;
        if (header->operation == VIRTIO_VSOCK_DATA) {
            session->waits = false;
            session->consumed += header->length;
            agent_hear(packet + VIRTIO_VSOCK_HEADER, header->length);
        }
    }
}

/* What has come, at most `most` packets, whose buffers are given again. */
static void hear(unsigned most)
{
    unsigned number = 0;
    bool came = false;

    for (unsigned i = 0; i < most && take(&device, RX, &number); i++) {
        hear_packet(buffer_of(RX, number));
        give(RX, number);
        came = true;
    }
    if (came)
        ring_bell(&device, RX);
    if (!take(&device, EVENT, &number))
        return;
    for (unsigned i = 0; i < SESSIONS; i++)
        sessions[i].port = 0;
    give(EVENT, number);
    ring_bell(&device, EVENT);
}

/* A step of `count` sessions, that say what `make` makes, and if they are patient wait for an answer each time. */
static void converse(unsigned count, uint32_t to, uint32_t (*make)(uint8_t *message), bool patient)
{
    uint8_t message[AGENT_MESSAGE_MAX];
    bool said = false;

    if (!device_works(&device))
        begin(RING);
    hear(RING);
    for (unsigned i = 0; i < count && has_room(); i++) {
        struct session *session = &sessions[i];

        if (session->port == 0) {
            connect(session, to);
            said = true;
        } else if (session->open && !(patient && session->waits)) {
            uint32_t length = make(message);

            send_of(session, to, VIRTIO_VSOCK_DATA, message, length);
            session->waits = true;
            said = true;
        }
    }
    if (said)
        ring_bell(&device, TX);
}

/* What a neighbour that only has much to do costs. */
static void asks(void)
{
    converse(1, AGENT_SSH, agent_list, true);
}

static void signs(void)
{
    converse(4, AGENT_SSH, agent_sign, true);
}

static void says_nonsense(void)
{
    converse(SESSIONS, AGENT_SSH, agent_nonsense, false);
}

static void asks_for_anything(void)
{
    converse(SESSIONS, AGENT_PSA, agent_anything, false);
}

/* The device is reset with as much out as goes. */
static void resets(void)
{
    struct session session = {0};
    uint8_t message[AGENT_MESSAGE_MAX];

    begin(RING);
    while (has_room()) {
        connect(&session, AGENT_SSH);
        if (has_room())
            send_of(&session, AGENT_SSH, VIRTIO_VSOCK_DATA, message, agent_list(message));
    }
    ring_bell(&device, TX);
}

static void ring_bells(void)
{
    if (!device_works(&device))
        begin(RING);
    for (unsigned i = 0; i < QUEUES; i++)
        ring_bell(&device, i);
}

/* A header that is right as far as its draw goes. */
static void make_header(struct virtio_vsock_header *header)
{
    static const uint64_t cids[] = {0, 1, 2, 4, UINT32_MAX, UINT64_MAX};
    static const uint32_t ports[] = {0, 1024, 3999, 4002, 4100, 5000, 0x40000000, 0x40001000, 0x40002000, UINT32_MAX};
    uint64_t draw = any();

    header->source_cid = (draw & 7) == 0 ? cids[any() % 6] : CID;
    header->destination_cid = (draw >> 3 & 7) == 0 ? cids[any() % 6] : VIRTIO_VSOCK_CID_HOST;
    header->source_port = 1 + (draw >> 6) % 64;
    header->destination_port = (draw >> 12 & 3) == 0 ? ports[any() % 10] : AGENT_SSH + (draw >> 14 & 1);
    header->length = (draw >> 15 & 7) == 0 ? (uint32_t)any_length() : (draw >> 18) % 64;
    header->type = (draw >> 24 & 31) == 0 ? (uint16_t)any() : VIRTIO_VSOCK_STREAM;
    header->operation = (draw >> 29 & 31) == 0 ? (uint16_t)any() : (uint16_t)(1 + (draw >> 34) % 7);
    header->flags = (uint32_t)(draw >> 40) & 3;
    header->buffer = (uint32_t)any_length();
    header->consumed = (draw >> 44 & 1) != 0 ? (uint32_t)any() : 0;
}

/* Packets as fast as they are carried. A length that is longer than the chain stops the queue: one in 64 has that. */
static void floods(void)
{
    static const uint8_t payload[AGENT_MESSAGE_MAX];
    struct virtio_vsock_header header;

    if (!device_works(&device))
        begin(RING);
    hear(RING);
    while (has_room()) {
        make_header(&header);
        if (header.length > sizeof(payload) && !one_in(64))
            header.length = 1;
        send(&header, payload, header.length < sizeof(payload) ? header.length : sizeof(payload));
    }
    ring_bell(&device, TX);
}

static void fill(volatile uint8_t *head)
{
    make_header((struct virtio_vsock_header *)(uintptr_t)head);
}

static void lies(void)
{
    unsigned queue = (unsigned)(any() % QUEUES);
    unsigned direction = (queue == TX) == one_in(16) ? VIRTIO_DESCRIPTOR_WRITE : 0;

    lie(&device, queue, (struct honest){queue == TX ? VIRTIO_VSOCK_HEADER : 0, 0, direction}, fill);
}

/* Connections without end, of which nothing more is heard. */
static void connects(void)
{
    struct session session = {0};

    if (!device_works(&device))
        begin(RING);
    hear(RING);
    while (has_room())
        connect(&session, AGENT_SSH + (uint32_t)(any() & 1));
    ring_bell(&device, TX);
}

/*
 * Asks, on new connections, and gives one buffer each `pause` moves to take the answers in; 0: none. The first few
 * answers are taken, or vsock would wait with the questions.
 */
static void asks_and_takes(unsigned pause)
{
    static unsigned moves;
    struct session session = {0};
    uint8_t message[AGENT_MESSAGE_MAX];

    if (!device_works(&device))
        begin(FIRST);
    if (pause != 0 && ++moves % pause == 0) {
        give(RX, moves / pause % RING);
        ring_bell(&device, RX);
    }
    if (waiting(&device, TX) > RING - 2)
        return;
    connect(&session, AGENT_SSH);
    send_of(&session, AGENT_SSH, VIRTIO_VSOCK_DATA, message, agent_list(message));
    ring_bell(&device, TX);
}

static void takes_nothing(void)
{
    asks_and_takes(0);
}

static void takes_slowly(void)
{
    asks_and_takes(200);
}

static const struct attack attacks[] = {
    {"agent is asked", asks},
    {"agent signs", signs},
    {"agent hears nonsense", says_nonsense},
    {"agent is asked for anything", asks_for_anything},
    {"agent is connected to", connects},
    {"agent's answers are not taken", takes_nothing},
    {"agent's answers are taken slowly", takes_slowly},
    {"sockets reset", resets},
    {"sockets ring the bell", ring_bells},
    {"sockets flood", floods},
    {"sockets lie", lies},
};
const struct target sockets = {&device, attacks, sizeof(attacks) / sizeof(attacks[0])};
