/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "exchange.h"

#include <string.h>

#include "connections.h"
#include "virtio/segment.h"

enum { NOBODY = -1, RX = VIRTIO_VSOCK_RECEIVE, TX = VIRTIO_VSOCK_TRANSMIT, EVENT = VIRTIO_VSOCK_EVENT };

static struct journal_client *known(const struct exchange *exchange, unsigned number)
{
    return &exchange->journal->client[number];
}

static bool has_port(const struct exchange *exchange, unsigned number, uint32_t port)
{
    const struct endpoint *endpoint = &exchange->endpoint[number];

    return port - endpoint->first_port < endpoint->port_count ||
           port - (VSOCK_OWN_FIRST + number * VSOCK_OWN_PORTS) < VSOCK_OWN_PORTS;
}

static bool has_address(const struct exchange *exchange, unsigned number, uint64_t cid, uint32_t port)
{
    return exchange->endpoint[number].cid == cid && (cid != VIRTIO_VSOCK_CID_HOST || has_port(exchange, number, port));
}

/* A client whose queue is detached for a moment, because a service or a VMM was made again, is there. */
static bool is_there(const struct exchange *exchange, unsigned number)
{
    const struct virtio_queue *receive = &exchange->endpoint[number].queue[RX];
    const struct journal_client *client = known(exchange, number);

    return (client->attached >> RX & 1) != 0 && client->lost == 0 &&
           (virtio_queue_works(receive) || receive->error == VIRTIO_DETACHED);
}

/* Whose address a packet is for; NOBODY but for `except`. */
static int whose(const struct exchange *exchange, unsigned except, const struct virtio_vsock_header *header)
{
    for (unsigned i = 0; i < exchange->count; i++)
        if (i != except && has_address(exchange, i, header->destination_cid, header->destination_port))
            return (int)i;
    return NOBODY;
}

/* Whom the packet at the head of `from`'s queue is for, or NOBODY. */
static int destination(const struct exchange *exchange, unsigned from)
{
    const struct virtio_vsock_header *header = &exchange->endpoint[from].header;
    int to = whose(exchange, from, header);
    bool reaches = false;

    if (header->type != VIRTIO_VSOCK_STREAM || header->operation < VIRTIO_VSOCK_REQUEST ||
        header->operation > VIRTIO_VSOCK_CREDIT_REQUEST)
        return NOBODY;
    if (to == NOBODY)
        return NOBODY;
    reaches = (exchange->endpoint[from].reaches >> to & exchange->endpoint[to].reaches >> from & 1) != 0;
    return reaches && is_there(exchange, (unsigned)to) ? to : NOBODY;
}

/* The next buffer that `to` receives into; it is given back by receive(). */
static bool take_buffer(struct exchange *exchange, unsigned number)
{
    struct endpoint *to = &exchange->endpoint[number];
    struct exchange_buffer *buffer = &exchange->buffer;

    if (virtio_queue_take(&to->queue[RX], &buffer->chain, buffer->segments, VSOCK_QUEUE_SIZE_MAX) != VIRTIO_OK)
        return false;
    if (buffer->chain.readable != 0 || buffer->chain.writable_bytes <= VIRTIO_VSOCK_HEADER) {
        virtio_queue_stop(&to->queue[RX], VIRTIO_BAD_REQUEST);
        return false;
    }
    to->waited_since = EXCHANGE_NEVER;
    return true;
}

/* Prepares that the buffer, with `length` bytes behind the header, is given to `to`. */
static void receive(struct exchange *exchange, unsigned to, const struct virtio_vsock_header *header, uint32_t length)
{
    const struct exchange_buffer *buffer = &exchange->buffer;

    (void)virtio_segments_write(buffer->segments, buffer->chain.writable, 0, header, VIRTIO_VSOCK_HEADER);
    virtio_queue_fill(&exchange->endpoint[to].queue[RX], 0, buffer->chain.head, VIRTIO_VSOCK_HEADER + length);
    journal_change(exchange->journal, to)->used[RX]++;
}

/* Prepares that the packet at the head of `from`'s queue is done with. */
static void finish(struct exchange *exchange, unsigned from)
{
    struct endpoint *endpoint = &exchange->endpoint[from];
    struct journal_client *client = journal_change(exchange->journal, from);

    virtio_queue_fill(&endpoint->queue[TX], 0, endpoint->chain.head, 0);
    client->used[TX]++;
    client->sent = 0;
    endpoint->taken = false;
    endpoint->head_since = EXCHANGE_NEVER;
    endpoint->late = false;
}

/* Makes what was prepared happen; the used rings follow the journal. */
static void commit(struct exchange *exchange, int received, int finished)
{
    journal_commit(exchange->journal);
    if (received != NOBODY)
        virtio_queue_publish(&exchange->endpoint[received].queue[RX], 1);
    if (finished != NOBODY)
        virtio_queue_publish(&exchange->endpoint[finished].queue[TX], 1);
}

/* Takes the packet at the head of the transmit queue, unless that has happened. False: there is none. */
static bool take_packet(struct exchange *exchange, unsigned number)
{
    struct endpoint *from = &exchange->endpoint[number];
    struct virtio_queue *queue = &from->queue[TX];
    uint64_t read = 0;

    if (from->taken)
        return virtio_queue_works(queue);
    if (virtio_queue_take(queue, &from->chain, from->segments, VSOCK_QUEUE_SIZE_MAX) != VIRTIO_OK)
        return false;
    from->header = (struct virtio_vsock_header){0};
    read = virtio_segments_read(from->segments, from->chain.readable, 0, &from->header, VIRTIO_VSOCK_HEADER);
    if (from->header.operation != VIRTIO_VSOCK_DATA)
        from->header.length = 0;
    if (read < VIRTIO_VSOCK_HEADER || from->header.length > VIRTIO_VSOCK_PAYLOAD_MAX ||
        from->header.length > from->chain.readable_bytes - VIRTIO_VSOCK_HEADER ||
        (known(exchange, number)->sent != 0 && known(exchange, number)->sent >= from->header.length)) {
        virtio_queue_stop(queue, VIRTIO_BAD_REQUEST);
        return false;
    }
    from->taken = true;
    return true;
}

static void drop(struct exchange *exchange, unsigned from)
{
    journal_begin(exchange->journal);
    finish(exchange, from);
    commit(exchange, NOBODY, (int)from);
}

/* Puts a packet without payload where `to` finds it, in place of the one at the head of `from`'s queue. */
static bool pass_header(struct exchange *exchange, unsigned from, unsigned to, const struct virtio_vsock_header *header)
{
    struct journal *journal = exchange->journal;
    bool direct = journal_waiting(journal, to) == 0 && take_buffer(exchange, to);

    journal_begin(journal);
    if (direct) {
        receive(exchange, to, header, 0);
    } else {
        if (journal_waiting(journal, to) >= journal->entries)
            return false;
        *journal_entry(journal, to, known(exchange, to)->tail) = *header;
        journal_change(journal, to)->tail++;
    }
    finish(exchange, from);
    commit(exchange, direct ? (int)to : NOBODY, (int)from);
    return true;
}

/* Copies payload from the packet at the head of `from`'s queue into the buffer. */
static void copy_payload(const struct endpoint *from, uint64_t offset, const struct exchange_buffer *buffer,
                         uint32_t length)
{
    uint32_t done = 0;

    while (done < length) {
        uint64_t run = 0;
        const uint8_t *at =
            virtio_segments_at(from->segments, from->chain.readable, VIRTIO_VSOCK_HEADER + offset + done, &run);

        if (run == 0)
            break;
        run = run < length - done ? run : length - done;
        (void)virtio_segments_write(buffer->segments, buffer->chain.writable, VIRTIO_VSOCK_HEADER + done, at, run);
        done += (uint32_t)run;
    }
}

/* As much of the packet's payload as a buffer of `to` holds: a packet of its own there. */
static bool pass_data(struct exchange *exchange, unsigned number, unsigned to)
{
    struct journal *journal = exchange->journal;
    struct endpoint *from = &exchange->endpoint[number];
    struct virtio_vsock_header header = from->header;
    uint32_t sent = known(exchange, number)->sent;
    uint64_t room = 0;

    if (journal_waiting(journal, to) != 0 || !take_buffer(exchange, to))
        return false;
    room = exchange->buffer.chain.writable_bytes - VIRTIO_VSOCK_HEADER;
    header.length = header.length - sent < room ? header.length - sent : (uint32_t)room;
    copy_payload(from, sent, &exchange->buffer, header.length);
    journal_begin(journal);
    receive(exchange, to, &header, header.length);
    sent += header.length;
    if (sent == from->header.length)
        finish(exchange, number);
    else
        journal_change(journal, number)->sent = sent;
    commit(exchange, (int)to, sent == from->header.length ? (int)number : NOBODY);
    return true;
}

/* A RESET waits for the client, if it is there and has room; who has none learns of it with its next packet. */
static void wait_with_reset(struct exchange *exchange, int to, const struct virtio_vsock_header *reset)
{
    struct journal *journal = exchange->journal;

    if (to == NOBODY || !is_there(exchange, (unsigned)to) || journal_waiting(journal, (unsigned)to) >= journal->entries)
        return;
    *journal_entry(journal, (unsigned)to, known(exchange, (unsigned)to)->tail) = *reset;
    journal_change(journal, (unsigned)to)->tail++;
}

/* The packet at the head is answered as if nobody listened. False: that has to wait. */
static bool refuse(struct exchange *exchange, unsigned number, int to)
{
    const struct virtio_vsock_header *header = &exchange->endpoint[number].header;
    const struct virtio_vsock_header answer = virtio_vsock_reset_for(header);
    struct virtio_vsock_header reset = virtio_vsock_reset_for(&answer);

    if (header->operation == VIRTIO_VSOCK_RESET)
        drop(exchange, number);
    else if (!pass_header(exchange, number, number, &answer))
        return false;
    if (to == NOBODY)
        return true;
    /* There was a connection, of which its other end had a part of this, or waits for more. */
    connections_note(exchange->journal, number, (unsigned)to, &reset);
    journal_begin(exchange->journal);
    wait_with_reset(exchange, to, &reset);
    journal_commit(exchange->journal);
    return true;
}

/* Moves the packet at the head, or a piece of it. False: it has to wait. */
static bool pass(struct exchange *exchange, unsigned number)
{
    struct endpoint *from = &exchange->endpoint[number];
    const struct virtio_vsock_header *header = &from->header;
    int to = destination(exchange, number);
    bool passed = true;

    if (!has_address(exchange, number, header->source_cid, header->source_port)) {
        drop(exchange, number);
    } else if (to == NOBODY || from->late) {
        passed = refuse(exchange, number, to);
    } else {
        connections_note(exchange->journal, number, (unsigned)to, header);
        passed = header->length != 0 ? pass_data(exchange, number, (unsigned)to)
                                     : pass_header(exchange, number, (unsigned)to, header);
    }
    if (passed)
        return true;
    /* Its queue has just stopped: the packet is refused the next time. */
    if (to != NOBODY && !is_there(exchange, (unsigned)to))
        return true;
    from->waits_for = to;
    return false;
}

/* Gives the client what waits for it in the journal. */
static bool deliver_waiting(struct exchange *exchange, unsigned number)
{
    struct journal *journal = exchange->journal;
    unsigned moved = 0;

    while (moved < EXCHANGE_PACKETS && journal_waiting(journal, number) != 0 && take_buffer(exchange, number)) {
        journal_begin(journal);
        receive(exchange, number, journal_entry(journal, number, known(exchange, number)->head), 0);
        journal_change(journal, number)->head++;
        commit(exchange, (int)number, NOBODY);
        moved++;
    }
    return moved != 0;
}

/* Tells a client that its connections are gone. It has taken note when the event's buffer is back. */
static void announce_loss(struct exchange *exchange, unsigned number)
{
    const struct virtio_vsock_event event = {VIRTIO_VSOCK_TRANSPORT_RESET};
    struct endpoint *endpoint = &exchange->endpoint[number];
    struct virtio_queue *queue = &endpoint->queue[EVENT];
    struct exchange_buffer *buffer = &exchange->buffer;

    if (endpoint->reset_sent) {
        if (virtio_queue_waiting(queue) > endpoint->events) {
            endpoint->reset_sent = false;
            known(exchange, number)->lost = 0;
        }
        return;
    }
    if (virtio_queue_take(queue, &buffer->chain, buffer->segments, VSOCK_QUEUE_SIZE_MAX) != VIRTIO_OK)
        return;
    if (virtio_segments_write(buffer->segments + buffer->chain.readable, buffer->chain.writable, 0, &event,
                              sizeof(event)) < sizeof(event)) {
        virtio_queue_stop(queue, VIRTIO_BAD_REQUEST);
        return;
    }
    virtio_queue_complete(queue, buffer->chain.head, sizeof(event));
    endpoint->reset_sent = true;
    endpoint->events = virtio_queue_waiting(queue);
}

bool exchange_turn(struct exchange *exchange, unsigned number)
{
    struct endpoint *endpoint = &exchange->endpoint[number];
    bool moved = deliver_waiting(exchange, number);
    uint64_t bytes = 0;

    endpoint->waits_for = NOBODY;
    if (known(exchange, number)->lost != 0)
        announce_loss(exchange, number);
    if (known(exchange, number)->lost != 0 || journal_waiting(exchange->journal, number) != 0)
        return moved;
    for (unsigned i = 0; i < EXCHANGE_PACKETS && bytes < EXCHANGE_BYTES && take_packet(exchange, number); i++) {
        if (!pass(exchange, number))
            break;
        bytes += endpoint->header.length;
        moved = true;
    }
    return moved;
}

/* Nobody waits for this client any longer; what waits for it is thrown away with its connections. */
static void lose(struct exchange *exchange, unsigned number)
{
    struct journal_client *client = NULL;

    journal_begin(exchange->journal);
    client = journal_change(exchange->journal, number);
    client->head = client->tail;
    client->lost = 1;
    journal_commit(exchange->journal);
    exchange->endpoint[number].reset_sent = false;
}

static bool is_waited_for(const struct exchange *exchange, unsigned number)
{
    for (unsigned i = 0; i < exchange->count; i++)
        if (exchange->endpoint[i].waits_for == (int)number)
            return true;
    return false;
}

/* However a receiver divides what it takes: a packet waits for so long, and then its connection ends. */
static uint64_t watch_head(const struct exchange *exchange, struct endpoint *from, uint64_t now)
{
    if (from->waits_for == NOBODY)
        return EXCHANGE_NEVER;
    if (from->head_since == EXCHANGE_NEVER)
        from->head_since = now;
    from->late = now - from->head_since >= exchange->patience;
    return from->late ? now : from->head_since + exchange->patience;
}

uint64_t exchange_patience(struct exchange *exchange, uint64_t now)
{
    uint64_t next = EXCHANGE_NEVER;

    for (unsigned i = 0; i < exchange->count; i++) {
        struct endpoint *endpoint = &exchange->endpoint[i];
        uint64_t end = watch_head(exchange, endpoint, now);

        next = end < next ? end : next;
        if (!is_waited_for(exchange, i)) {
            endpoint->waited_since = EXCHANGE_NEVER;
            continue;
        }
        if (endpoint->waited_since == EXCHANGE_NEVER)
            endpoint->waited_since = now;
        end = endpoint->waited_since + exchange->patience;
        if (now >= end) {
            lose(exchange, i);
            endpoint->waited_since = EXCHANGE_NEVER;
            end = now;
        }
        next = end < next ? end : next;
    }
    return next;
}

void exchange_let_go(struct exchange *exchange, unsigned number)
{
    struct endpoint *endpoint = &exchange->endpoint[number];

    for (unsigned i = 0; i < VIRTIO_VSOCK_QUEUES; i++)
        virtio_queue_detach(&endpoint->queue[i]);
    endpoint->taken = false;
    endpoint->waits_for = NOBODY;
    endpoint->head_since = EXCHANGE_NEVER;
    endpoint->late = false;
    endpoint->waited_since = EXCHANGE_NEVER;
    endpoint->reset_sent = false;
    endpoint->broken_told = false;
}

void exchange_begin(struct exchange *exchange)
{
    for (unsigned i = 0; i < exchange->count; i++)
        exchange_let_go(exchange, i);
}

/* What has waited for a client that is no more is refused. */
static void refuse_waiting(struct exchange *exchange, unsigned number)
{
    struct journal *journal = exchange->journal;

    while (journal_waiting(journal, number) != 0) {
        const struct virtio_vsock_header *header = journal_entry(journal, number, known(exchange, number)->head);
        const struct virtio_vsock_header reset = virtio_vsock_reset_for(header);

        journal_begin(journal);
        journal_change(journal, number)->head++;
        if (header->operation != VIRTIO_VSOCK_RESET)
            wait_with_reset(exchange, whose(exchange, number, &reset), &reset);
        journal_commit(journal);
    }
}

/* Peers of a client that is no more may be waiting for it to say something. */
static void reset_peers(struct exchange *exchange, unsigned number)
{
    struct virtio_vsock_header reset = {
        .source_cid = exchange->endpoint[number].cid, .type = VIRTIO_VSOCK_STREAM, .operation = VIRTIO_VSOCK_RESET};
    unsigned peer = 0;

    while (connections_take(exchange->journal, number, &peer, &reset.source_port, &reset.destination_port)) {
        reset.destination_cid = exchange->endpoint[peer].cid;
        journal_begin(exchange->journal);
        wait_with_reset(exchange, (int)peer, &reset);
        journal_commit(exchange->journal);
    }
}

/* The client begins anew: what is known of it is what its attached queues say. */
static void forget(struct exchange *exchange, unsigned number)
{
    struct journal_client *client = NULL;

    refuse_waiting(exchange, number);
    reset_peers(exchange, number);
    journal_begin(exchange->journal);
    client = journal_change(exchange->journal, number);
    *client = (struct journal_client){0};
    for (unsigned i = 0; i < EVENT; i++)
        if (exchange->endpoint[number].queue[i].error != VIRTIO_DETACHED) {
            client->attached |= (uint8_t)(1U << i);
            client->used[i] = exchange->endpoint[number].queue[i].next_used;
        }
    journal_commit(exchange->journal);
}

/* Joins what the queue says and what the journal knows of it. */
static void join(struct exchange *exchange, unsigned number, unsigned which, const struct virtio_queue_setup *setup)
{
    struct endpoint *endpoint = &exchange->endpoint[number];
    struct virtio_queue *queue = &endpoint->queue[which];
    struct journal_client *client = known(exchange, number);

    if ((client->attached >> which & 1) != 0) {
        if (queue->next_used == client->used[which])
            return;
        if ((uint16_t)(queue->next_used + 1) == client->used[which]) {
            /* The copy before this one has committed and not published. */
            virtio_queue_publish(queue, 1);
            (void)virtio_queue_attach(queue, &endpoint->window, setup);
            return;
        }
    }
    /* A queue that is in use, and nothing is known of what is under way in it: its connections cannot go on. */
    if (queue->next_used != 0)
        lose(exchange, number);
    else if ((client->attached >> which & 1) != 0)
        forget(exchange, number);
    client->attached |= (uint8_t)(1U << which);
    client->used[which] = queue->next_used;
    client->sent = 0;
}

static unsigned attach(struct exchange *exchange, unsigned number, const uint64_t *word)
{
    const struct virtio_queue_setup setup = virtio_service_setup(word);
    struct endpoint *endpoint = &exchange->endpoint[number];

    if (word[1] >= VIRTIO_VSOCK_QUEUES || endpoint->queue[word[1]].error != VIRTIO_DETACHED)
        return VSOCK_BAD_QUEUE;
    if (word[2] > VSOCK_QUEUE_SIZE_MAX ||
        virtio_queue_attach(&endpoint->queue[word[1]], &endpoint->window, &setup) != VIRTIO_OK)
        return VSOCK_BAD_RING;
    if (word[1] != EVENT)
        join(exchange, number, (unsigned)word[1], &setup);
    return 0;
}

static void tell_queues(const struct endpoint *endpoint, uint64_t *reply)
{
    for (unsigned i = 0; i < VIRTIO_VSOCK_QUEUES; i++)
        reply[0] |= (uint64_t)virtio_service_state(&endpoint->queue[i]) << (8 * i);
}

static void tell_identity(const struct endpoint *endpoint, unsigned number, uint64_t *reply)
{
    reply[1] = endpoint->cid;
    if (endpoint->cid != VIRTIO_VSOCK_CID_HOST)
        return;
    reply[2] = VSOCK_OWN_FIRST + (uint64_t)number * VSOCK_OWN_PORTS;
    reply[3] = VSOCK_OWN_PORTS;
}

void exchange_answer(struct exchange *exchange, int number, const uint64_t *word, uint64_t *reply)
{
    unsigned error = 0;

    if (number < 0) {
        reply[0] = VSOCK_FAILED | VSOCK_BAD_CLIENT;
        return;
    }
    switch (word[0]) {
    case VSOCK_ATTACH:
        error = attach(exchange, (unsigned)number, word);
        break;
    case VSOCK_DETACH:
        exchange_let_go(exchange, (unsigned)number);
        forget(exchange, (unsigned)number);
        break;
    case VSOCK_QUEUES:
        tell_queues(&exchange->endpoint[number], reply);
        return;
    case VSOCK_INFO:
        tell_identity(&exchange->endpoint[number], (unsigned)number, reply);
        break;
    default:
        error = VSOCK_BAD_OPERATION;
        break;
    }
    reply[0] = error != 0 ? VSOCK_FAILED | error : 0;
}

enum virtio_error exchange_error(const struct exchange *exchange, unsigned number)
{
    for (unsigned i = 0; i < VIRTIO_VSOCK_QUEUES; i++) {
        const struct virtio_queue *queue = &exchange->endpoint[number].queue[i];

        if (!virtio_queue_works(queue) && queue->error != VIRTIO_DETACHED)
            return queue->error;
    }
    return VIRTIO_OK;
}

unsigned exchange_news(struct exchange *exchange, unsigned number)
{
    struct endpoint *endpoint = &exchange->endpoint[number];
    unsigned news = 0;

    for (unsigned i = 0; i < VIRTIO_VSOCK_QUEUES; i++)
        if (virtio_queue_signal(&endpoint->queue[i]))
            news |= EXCHANGE_SIGNAL;
    if (exchange_error(exchange, number) != VIRTIO_OK && !endpoint->broken_told) {
        endpoint->broken_told = true;
        news |= EXCHANGE_BROKEN;
    }
    return news;
}
