/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buffers to receive in are given back at once, whatever there is to send: the service never waits for us. What has no
 * room to be sent is kept as a bit of its socket, or, of a connection that nobody has, in a short list.
 */
#include "vsock/vsock.h"

#include <string.h>

#include "abi/plan.h"
#include "rt/component.h"
#include "rt/time.h"
#include "service/ask.h"
#include "vsock/queues.h"
#include "vsock/shares.h"

enum {
    RX = VIRTIO_VSOCK_RECEIVE,
    TX = VIRTIO_VSOCK_TRANSMIT,
    EVENT = VIRTIO_VSOCK_EVENT,
    PAYLOAD = QUEUES_PACKET - VIRTIO_VSOCK_HEADER,
    PACKETS_A_TURN = 4 * VSOCK_RING,
};

enum vsock_result vsock_open(struct vsock *vsock, const struct vsock_setup *setup, struct vsock_socket *sockets,
                             unsigned count)
{
    struct quoll_message message = {.word = {VSOCK_INFO}};

    *vsock = (struct vsock){.setup = *setup, .sockets = sockets, .socket_count = count, .patience = QUOLL_FOREVER};
    if (!queues_fit(vsock))
        return VSOCK_NOTHING;
    for (unsigned i = 0; i < count; i++)
        sockets[i].state = VSOCK_FREE;
    if (!service_open(setup->portal, &message))
        return VSOCK_NOTHING;
    vsock->cid = message.word[1];
    vsock->own_first = (uint32_t)message.word[2];
    vsock->own_count = (uint32_t)message.word[3];
    return queues_start(vsock) ? VSOCK_DONE : VSOCK_NOTHING;
}

/* The connection is over, as its peer knows or is told elsewhere. */
static void end(struct vsock_socket *socket)
{
    socket->owes = 0;
    socket->state = socket->closing || socket->state == VSOCK_ARRIVED ? VSOCK_FREE : VSOCK_ENDED;
}

static void end_all(struct vsock *vsock)
{
    for (unsigned i = 0; i < vsock->socket_count; i++) {
        vsock->sockets[i].has_heir = false;
        if (shares_open(&vsock->sockets[i]))
            end(&vsock->sockets[i]);
    }
    vsock->reset_count = 0;
}

/* The service has broken a ring, or a ring is broken for it: nothing is sent or received any more. */
static void stop(struct vsock *vsock)
{
    vsock->stopped = true;
    end_all(vsock);
}

/* What the service gives back next; false: nothing. */
static bool take(struct vsock *vsock, unsigned queue, uint16_t *head, uint32_t *written)
{
    enum virtio_error error = vsock->stopped ? VIRTIO_EMPTY : virtio_driver_take(&vsock->driver[queue], head, written);

    if (error != VIRTIO_OK && error != VIRTIO_EMPTY)
        stop(vsock);
    vsock->moved = vsock->moved || error == VIRTIO_OK;
    return error == VIRTIO_OK;
}

/* Takes back the buffers that were sent. */
static void collect(struct vsock *vsock)
{
    uint16_t head = 0;
    uint32_t written = 0;

    while (take(vsock, TX, &head, &written))
        vsock->free_buffers |= (uint16_t)(1U << vsock->buffer_of[TX][head]);
}

/* Sends a packet. False: there is no buffer now. */
static bool transmit(struct vsock *vsock, const struct virtio_vsock_header *header, const void *payload)
{
    unsigned number = 0;
    uint8_t *to = NULL;

    if (vsock->free_buffers == 0)
        collect(vsock);
    if (vsock->free_buffers == 0)
        return false;
    number = (unsigned)__builtin_ctz(vsock->free_buffers);
    to = queues_buffer(vsock, TX, number);
    memcpy(to, header, VIRTIO_VSOCK_HEADER);
    if (header->length != 0)
        memcpy(to + VIRTIO_VSOCK_HEADER, payload, header->length);
    vsock->free_buffers &= (uint16_t) ~(1U << number);
    queues_give(vsock, TX, number, VIRTIO_VSOCK_HEADER + header->length);
    return true;
}

static struct virtio_vsock_header header_of(const struct vsock *vsock, const struct vsock_socket *socket,
                                            enum virtio_vsock_operation operation)
{
    return (struct virtio_vsock_header){
        .source_cid = vsock->cid,
        .destination_cid = socket->peer_cid,
        .source_port = socket->port,
        .destination_port = socket->peer_port,
        .type = VIRTIO_VSOCK_STREAM,
        .operation = (uint16_t)operation,
        .flags = operation == VIRTIO_VSOCK_SHUTDOWN ? socket->shut : 0,
        .buffer = VSOCK_BUFFER,
        .consumed = socket->consumed,
    };
}

static void owe(struct vsock_socket *socket, enum virtio_vsock_operation operation)
{
    socket->owes |= 1U << operation;
}

static void add_reset(struct vsock *vsock, const struct virtio_vsock_header *header)
{
    /* More at once than this: the peer's own time limits have to do. */
    if (vsock->reset_count < VSOCK_RESETS)
        vsock->resets[vsock->reset_count++] = *header;
}

/* Ends the connection and tells the peer. */
static void reset(struct vsock *vsock, struct vsock_socket *socket)
{
    const struct virtio_vsock_header header = header_of(vsock, socket, VIRTIO_VSOCK_RESET);

    add_reset(vsock, &header);
    end(socket);
}

/* Sends what is owed, as long as there are buffers. */
static void settle(struct vsock *vsock)
{
    unsigned done = 0;

    for (unsigned i = 0; i < vsock->socket_count; i++) {
        struct vsock_socket *socket = &vsock->sockets[i];

        while (socket->owes != 0) {
            enum virtio_vsock_operation operation = (enum virtio_vsock_operation)__builtin_ctz(socket->owes);
            const struct virtio_vsock_header header = header_of(vsock, socket, operation);

            if (!transmit(vsock, &header, NULL))
                break;
            socket->told = socket->consumed;
            socket->owes &= ~(1U << operation);
        }
    }
    while (done < vsock->reset_count && transmit(vsock, &vsock->resets[done], NULL))
        done++;
    vsock->reset_count -= done;
    memmove(vsock->resets, vsock->resets + done, vsock->reset_count * sizeof(vsock->resets[0]));
    queues_kick(vsock, TX);
}

static struct vsock_socket *find(const struct vsock *vsock, const struct virtio_vsock_header *header)
{
    for (unsigned i = 0; i < vsock->socket_count; i++) {
        struct vsock_socket *socket = &vsock->sockets[i];

        if (shares_open(socket) && socket->peer_cid == header->source_cid && socket->peer_port == header->source_port &&
            socket->port == header->destination_port)
            return socket;
    }
    return NULL;
}

/* A free socket, or else one whose peer has not agreed yet to what we have closed. */
static struct vsock_socket *allocate(struct vsock *vsock)
{
    struct vsock_socket *closing = NULL;

    for (unsigned i = 0; i < vsock->socket_count; i++) {
        struct vsock_socket *socket = &vsock->sockets[i];

        if (socket->state == VSOCK_FREE)
            return socket;
        if (shares_open(socket) && socket->closing)
            closing = socket;
    }
    if (closing != NULL)
        reset(vsock, closing);
    return closing;
}

static void begin(struct vsock_socket *socket, enum vsock_state state, uint64_t cid, uint32_t peer_port, uint32_t port)
{
    /* The buffer keeps what it holds: nothing of it is read before it is written. */
    memset(socket, 0, offsetof(struct vsock_socket, buffer));
    socket->state = state;
    socket->peer_cid = cid;
    socket->peer_port = peer_port;
    socket->port = port;
    socket->moved = time_ticks();
}

/* Somebody asks for a connection, and there is a socket for it. */
static void arrive(struct vsock_socket *socket, const struct virtio_vsock_header *request)
{
    begin(socket, VSOCK_ARRIVED, request->source_cid, request->source_port, request->destination_port);
    socket->peer_buffer = request->buffer;
    socket->peer_consumed = request->consumed;
    owe(socket, VIRTIO_VSOCK_RESPONSE);
}

static bool listens(const struct vsock *vsock, uint32_t port)
{
    for (unsigned i = 0; i < vsock->listener_count; i++)
        if (vsock->listening[i] == port)
            return true;
    return false;
}

static void refuse(struct vsock *vsock, const struct virtio_vsock_header *header)
{
    const struct virtio_vsock_header answer = virtio_vsock_reset_for(header);

    if (header->operation != VIRTIO_VSOCK_RESET)
        add_reset(vsock, &answer);
}

/* When sockets are short: a peer that was made again, and so has told nobody, answers with a RESET. */
static void ask_who_is_there(struct vsock *vsock)
{
    for (unsigned i = 0; i < vsock->socket_count; i++)
        if (vsock->sockets[i].state == VSOCK_FREE)
            return;
    for (unsigned i = 0; i < vsock->socket_count; i++)
        if (vsock->sockets[i].state == VSOCK_CONNECTED)
            owe(&vsock->sockets[i], VIRTIO_VSOCK_CREDIT_REQUEST);
}

/* A socket that has ended, or one of who has more than its share; NULL: nobody has. */
static struct vsock_socket *take_over(struct vsock *vsock, const struct virtio_vsock_header *request)
{
    struct vsock_socket *socket = shares_find(vsock, request->source_cid);

    if (socket == NULL)
        return NULL;
    if (socket->has_heir)
        refuse(vsock, &socket->heir);
    else if (shares_open(socket))
        reset(vsock, socket);
    if (socket->state == VSOCK_ENDED) {
        socket->has_heir = true;
        socket->heir = *request;
    }
    return socket;
}

static void take_request(struct vsock *vsock, const struct virtio_vsock_header *header, struct vsock_socket *old)
{
    struct vsock_socket *socket = NULL;

    /* The peer knows nothing of the connection that we have: it was made again. */
    if (old != NULL)
        end(old);
    shares_forget(vsock, header);
    if (listens(vsock, header->destination_port)) {
        socket = allocate(vsock);
        if (socket == NULL)
            socket = take_over(vsock, header);
    }
    if (socket == NULL)
        refuse(vsock, header);
    else if (!socket->has_heir)
        arrive(socket, header);
    ask_who_is_there(vsock);
}

/* Once the peer neither sends nor receives and all was received, it waits for us to say so (Linux, 8 s). */
static void end_if_over(struct vsock *vsock, struct vsock_socket *socket)
{
    if (shares_open(socket) && socket->peer_sends_no_more && socket->peer_receives_no_more && socket->count == 0)
        reset(vsock, socket);
}

static void take_data(struct vsock *vsock, struct vsock_socket *socket, const uint8_t *payload, uint32_t length)
{
    uint32_t last = (socket->first + socket->count) % VSOCK_BUFFER;
    uint32_t part = length < VSOCK_BUFFER - last ? length : VSOCK_BUFFER - last;

    if (length > VSOCK_BUFFER - socket->count || socket->state == VSOCK_CONNECTING) {
        reset(vsock, socket);
        return;
    }
    if (socket->closing || (socket->shut & VIRTIO_VSOCK_NO_RECEIVE) != 0) {
        socket->consumed += length;
        owe(socket, VIRTIO_VSOCK_CREDIT_UPDATE);
        return;
    }
    memcpy(socket->buffer + last, payload, part);
    memcpy(socket->buffer, payload + part, length - part);
    socket->count += length;
    socket->moved = time_ticks();
}

static void take_packet(struct vsock *vsock, const uint8_t *bytes, uint32_t written)
{
    struct virtio_vsock_header header = {0};
    struct vsock_socket *socket = NULL;

    if (written < VIRTIO_VSOCK_HEADER)
        return;
    memcpy(&header, bytes, VIRTIO_VSOCK_HEADER);
    socket = find(vsock, &header);
    if (header.type == VIRTIO_VSOCK_STREAM && header.operation == VIRTIO_VSOCK_REQUEST) {
        take_request(vsock, &header, socket);
        return;
    }
    if (socket == NULL || header.type != VIRTIO_VSOCK_STREAM) {
        if (header.operation == VIRTIO_VSOCK_RESET)
            shares_forget(vsock, &header);
        refuse(vsock, &header);
        return;
    }
    socket->peer_buffer = header.buffer;
    socket->peer_consumed = header.consumed;
    switch (header.operation) {
    case VIRTIO_VSOCK_RESPONSE:
        if (socket->state == VSOCK_CONNECTING)
            socket->state = VSOCK_CONNECTED;
        break;
    case VIRTIO_VSOCK_RESET:
        end(socket);
        break;
    case VIRTIO_VSOCK_SHUTDOWN:
        socket->peer_receives_no_more |= (header.flags & VIRTIO_VSOCK_NO_RECEIVE) != 0;
        socket->peer_sends_no_more |= (header.flags & VIRTIO_VSOCK_NO_SEND) != 0;
        end_if_over(vsock, socket);
        break;
    case VIRTIO_VSOCK_DATA:
        if (header.length <= written - VIRTIO_VSOCK_HEADER)
            take_data(vsock, socket, bytes + VIRTIO_VSOCK_HEADER, header.length);
        break;
    case VIRTIO_VSOCK_CREDIT_REQUEST:
        owe(socket, VIRTIO_VSOCK_CREDIT_UPDATE);
        break;
    default:
        break;
    }
}

/* False: there is more, for a turn of its own. */
static bool take_packets(struct vsock *vsock)
{
    uint16_t head = 0;
    uint32_t written = 0;

    for (unsigned i = 0; i < PACKETS_A_TURN; i++) {
        unsigned number = 0;

        if (!take(vsock, RX, &head, &written))
            return true;
        number = vsock->buffer_of[RX][head];
        take_packet(vsock, queues_buffer(vsock, RX, number), written);
        queues_give(vsock, RX, number, QUEUES_PACKET);
    }
    return false;
}

/* The one event there is says that all connections are gone, which their peers know or will be told. */
static void take_events(struct vsock *vsock)
{
    uint16_t head = 0;
    uint32_t written = 0;

    for (unsigned i = 0; i < VSOCK_EVENTS; i++) {
        if (!take(vsock, EVENT, &head, &written))
            return;
        end_all(vsock);
        queues_give(vsock, EVENT, vsock->buffer_of[EVENT][head], sizeof(struct virtio_vsock_event));
    }
}

/* What either side knew of the queues is of connections that have ended. */
static void start_anew(struct vsock *vsock)
{
    vsock->absent = !service_detach(vsock->setup.portal) || !queues_start(vsock);
}

/* Nobody is waited for any longer than a restart takes. */
static void lose_patience(struct vsock *vsock)
{
    if (vsock->absent || vsock->patience == QUOLL_FOREVER || time_ticks() < vsock->patience)
        return;
    vsock->absent = true;
    vsock->patience = QUOLL_FOREVER;
    end_all(vsock);
}

/* The queues' states may have changed: the service was made again, or says so. */
static void attach_again(struct vsock *vsock)
{
    struct quoll_message message = {.word = {VSOCK_QUEUES}};
    bool there = service_ask(vsock->setup.portal, &message);
    uint64_t doorbells = 0;

    if (there || !vsock->absent)
        service_heard(&vsock->patience, there);
    if (vsock->stopped || !there)
        return;
    if (vsock->absent) {
        start_anew(vsock);
        return;
    }
    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++) {
        uint64_t state = message.word[0] >> (8 * queue) & 0xff;

        if (state == VIRTIO_SERVICE_BROKEN)
            stop(vsock);
        else if (state == VIRTIO_SERVICE_DETACHED && queues_attach(vsock, queue))
            doorbells |= UINT64_C(1) << queue;
    }
    if (doorbells != 0)
        (void)quoll_notification_signal(vsock->setup.doorbell, doorbells);
}

void vsock_event(struct vsock *vsock, uint64_t flags)
{
    lose_patience(vsock);
    if ((flags & (vsock->setup.flag | COMPONENT_FLAG_RESTARTED)) == 0)
        return;
    bool asked = (flags & COMPONENT_FLAG_RESTARTED) != 0;

    if (asked)
        attach_again(vsock);
    vsock->moved = false;
    take_events(vsock);
    if (!take_packets(vsock))
        component_keep_flags(vsock->setup.flag);
    collect(vsock);
    if (!vsock->moved && !asked)
        attach_again(vsock);
    settle(vsock);
    queues_kick(vsock, RX);
    queues_kick(vsock, EVENT);
}

enum vsock_result vsock_listen(struct vsock *vsock, uint32_t port)
{
    if (vsock->listener_count == VSOCK_LISTENERS)
        return VSOCK_LIMIT;
    vsock->listening[vsock->listener_count++] = port;
    return VSOCK_DONE;
}

struct vsock_socket *vsock_accept(struct vsock *vsock, uint32_t port)
{
    for (unsigned i = 0; i < vsock->socket_count; i++)
        if (vsock->sockets[i].state == VSOCK_ARRIVED && vsock->sockets[i].port == port) {
            vsock->sockets[i].state = VSOCK_CONNECTED;
            return &vsock->sockets[i];
        }
    return NULL;
}

/* A port of ours that no connection has; there are more of them than sockets. */
static uint32_t choose_port(struct vsock *vsock)
{
    bool taken = true;
    uint32_t port = 0;

    while (taken) {
        port = vsock->own_first + vsock->own_next;
        vsock->own_next = (vsock->own_next + 1) % vsock->own_count;
        taken = false;
        for (unsigned i = 0; i < vsock->socket_count; i++)
            taken = taken || (vsock->sockets[i].state != VSOCK_FREE && vsock->sockets[i].port == port);
    }
    return port;
}

struct vsock_socket *vsock_connect(struct vsock *vsock, uint64_t cid, uint32_t port)
{
    struct vsock_socket *socket = vsock->stopped || vsock->absent ? NULL : allocate(vsock);

    if (socket == NULL || vsock->own_count <= vsock->socket_count)
        return NULL;
    begin(socket, VSOCK_CONNECTING, cid, port, choose_port(vsock));
    owe(socket, VIRTIO_VSOCK_REQUEST);
    settle(vsock);
    return socket;
}

size_t vsock_credit(const struct vsock_socket *socket)
{
    uint32_t under_way = socket->sent - socket->peer_consumed;

    return under_way < socket->peer_buffer ? socket->peer_buffer - under_way : 0;
}

size_t vsock_send(struct vsock *vsock, struct vsock_socket *socket, const void *bytes, size_t length)
{
    size_t done = 0;

    /* A RESPONSE that is owed goes before the data. */
    if (socket->owes != 0)
        settle(vsock);
    while (done < length && socket->owes == 0 && socket->state == VSOCK_CONNECTED &&
           (socket->shut & VIRTIO_VSOCK_NO_SEND) == 0 && !socket->peer_receives_no_more) {
        struct virtio_vsock_header header = header_of(vsock, socket, VIRTIO_VSOCK_DATA);
        size_t part = vsock_credit(socket);

        part = part < length - done ? part : length - done;
        header.length = (uint32_t)(part < PAYLOAD ? part : PAYLOAD);
        if (header.length == 0 || !transmit(vsock, &header, (const uint8_t *)bytes + done))
            break;
        socket->told = socket->consumed;
        socket->sent += header.length;
        socket->moved = time_ticks();
        done += header.length;
    }
    queues_kick(vsock, TX);
    return done;
}

size_t vsock_receive(struct vsock *vsock, struct vsock_socket *socket, void *bytes, size_t length)
{
    uint32_t take = length < socket->count ? (uint32_t)length : socket->count;
    uint32_t part = take < VSOCK_BUFFER - socket->first ? take : VSOCK_BUFFER - socket->first;

    memcpy(bytes, socket->buffer + socket->first, part);
    memcpy((uint8_t *)bytes + part, socket->buffer, take - part);
    socket->first = (socket->first + take) % VSOCK_BUFFER;
    socket->count -= take;
    socket->consumed += take;
    /* Linux sends small packets only as long as it sees much room: it hears soon of what was taken. */
    if (shares_open(socket) && socket->consumed - socket->told >= VSOCK_BUFFER / 4)
        owe(socket, VIRTIO_VSOCK_CREDIT_UPDATE);
    end_if_over(vsock, socket);
    settle(vsock);
    return take;
}

bool vsock_at_end(const struct vsock_socket *socket)
{
    return socket->count == 0 && (socket->peer_sends_no_more || !shares_open(socket));
}

void vsock_shutdown(struct vsock *vsock, struct vsock_socket *socket, uint32_t what)
{
    if (socket->state != VSOCK_CONNECTED || (socket->shut | what) == socket->shut)
        return;
    socket->shut |= what;
    owe(socket, VIRTIO_VSOCK_SHUTDOWN);
    settle(vsock);
}

/* The component looks for who arrived when it is told of something. */
static void hand_over(const struct vsock *vsock, struct vsock_socket *socket)
{
    const struct virtio_vsock_header request = socket->heir;

    arrive(socket, &request);
    component_keep_flags(vsock->setup.flag);
}

void vsock_close(struct vsock *vsock, struct vsock_socket *socket)
{
    socket->closing = true;
    socket->consumed += socket->count;
    socket->count = 0;
    if (socket->state == VSOCK_CONNECTED && !(socket->peer_sends_no_more && socket->peer_receives_no_more)) {
        vsock_shutdown(vsock, socket, VIRTIO_VSOCK_NO_RECEIVE | VIRTIO_VSOCK_NO_SEND);
        return;
    }
    if (shares_open(socket))
        reset(vsock, socket);
    else
        end(socket);
    if (socket->has_heir)
        hand_over(vsock, socket);
    settle(vsock);
}
