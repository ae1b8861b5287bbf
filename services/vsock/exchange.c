/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "exchange.h"

#include <string.h>

#include "connections.h"
#include "endpoint.h"
#include "patience.h"
#include "virtio/segment.h"

/* Whom the packet at the head of `from`'s queue is for, or NOBODY. */
static int destination(const struct exchange *exchange, unsigned from)
{
    const struct virtio_vsock_header *header = &exchange->endpoint[from].header;
    int to = endpoint_at(exchange, from, header);
    bool reaches = false;

    if (header->type != VIRTIO_VSOCK_STREAM || header->operation < VIRTIO_VSOCK_REQUEST ||
        header->operation > VIRTIO_VSOCK_CREDIT_REQUEST)
        return NOBODY;
    if (to == NOBODY)
        return NOBODY;
    reaches = (exchange->endpoint[from].reaches >> to & exchange->endpoint[to].reaches >> from & 1) != 0;
    return reaches && endpoint_is_there(exchange, (unsigned)to) ? to : NOBODY;
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
    patience_gain(exchange, number, buffer->chain.writable_bytes);
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
    endpoint->place = 0;
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
        (endpoint_known(exchange, number)->sent != 0 &&
         endpoint_known(exchange, number)->sent >= from->header.length)) {
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

/* The last packet of `from` that waits for `to` in the journal is one of those that still do. */
static bool waits_itself(const struct exchange *exchange, unsigned from, unsigned to)
{
    uint16_t behind = (uint16_t)(exchange->endpoint[from].last[to] - endpoint_known(exchange, to)->head);

    return behind < journal_waiting(exchange->journal, to);
}

/* Nobody stands before `place` in the line for buffers of `to`. */
static bool is_next(const struct exchange *exchange, unsigned to, uint64_t place)
{
    for (unsigned i = 0; exchange->waiters != 0 && i < exchange->count; i++) {
        const struct endpoint *other = &exchange->endpoint[i];

        if (other->waits_for == (int)to && other->place != 0 && other->place < place)
            return false;
    }
    return journal_waiting(exchange->journal, to) == 0 || exchange->endpoint[to].waiting_place >= place;
}

/* Somebody else waits for room there, or until something of its own has gone. */
static bool others_wait(const struct exchange *exchange, unsigned from, unsigned to)
{
    for (unsigned i = 0; exchange->waiters != 0 && i < exchange->count; i++)
        if (i != from && exchange->endpoint[i].waits_for == (int)to)
            return true;
    return false;
}

/*
 * May a packet of `from` wait for `to` in the journal? One may while there is any room, others in the first half, and
 * as long as nobody has to wait because of them. An answer to itself costs nobody else a wait.
 */
static bool has_room(const struct exchange *exchange, unsigned from, unsigned to)
{
    unsigned waiting = journal_waiting(exchange->journal, to);

    if (waiting >= exchange->journal->entries)
        return false;
    return from == to || (waiting < exchange->journal->entries / 2 && !others_wait(exchange, from, to)) ||
           !waits_itself(exchange, from, to);
}

/* Prepares that a packet without payload is where `to` finds it: in a buffer, or in the journal. False: no room. */
static bool put_header(struct exchange *exchange, unsigned from, unsigned to, const struct virtio_vsock_header *header,
                       bool *direct)
{
    *direct = journal_waiting(exchange->journal, to) == 0 && is_next(exchange, to, exchange->places + 1) &&
              take_buffer(exchange, to);
    if (*direct) {
        receive(exchange, to, header, 0);
        return true;
    }
    if (!has_room(exchange, from, to))
        return false;
    exchange->endpoint[from].last[to] = endpoint_known(exchange, to)->tail;
    endpoint_wait(exchange, to, header);
    return true;
}

/* The packet at the head of `from`'s queue has no payload. */
static bool pass_header(struct exchange *exchange, unsigned from, unsigned to)
{
    bool direct = false;

    journal_begin(exchange->journal);
    if (!put_header(exchange, from, to, &exchange->endpoint[from].header, &direct))
        return false;
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

/*
 * As much of the packet's payload as a buffer of `to` holds: a packet of its own there. Not before what `from` has
 * sent before.
 */
static bool pass_data(struct exchange *exchange, unsigned number, unsigned to)
{
    struct journal *journal = exchange->journal;
    struct endpoint *from = &exchange->endpoint[number];
    struct virtio_vsock_header header = from->header;
    uint32_t sent = endpoint_known(exchange, number)->sent;
    uint64_t room = 0;

    /* Whoever stands in the line has nothing there, whatever comes to lie at that place of the journal later. */
    if (from->place == 0 && waits_itself(exchange, number, to))
        return false;
    if (from->place == 0)
        from->place = ++exchange->places;
    if (!is_next(exchange, to, from->place) || !take_buffer(exchange, to))
        return false;
    from->place = 0;
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

/*
 * The packet at the head is answered as if nobody listened; in the same step `to`, who had a part of it or waits for
 * more, is told: nothing that is sent behind it comes before that. False: that has to wait.
 */
static bool refuse(struct exchange *exchange, unsigned number, int to)
{
    const struct virtio_vsock_header *header = &exchange->endpoint[number].header;
    const struct virtio_vsock_header answer = virtio_vsock_reset_for(header);
    const struct virtio_vsock_header reset = virtio_vsock_reset_for(&answer);
    bool direct = false;

    if (to != NOBODY && journal_waiting(exchange->journal, (unsigned)to) >= exchange->journal->entries) {
        endpoint_lose(exchange, (unsigned)to); /* there is no way to tell it of this one alone */
        to = NOBODY;
    }
    journal_begin(exchange->journal);
    if (header->operation != VIRTIO_VSOCK_RESET && !put_header(exchange, number, number, &answer, &direct))
        return false;
    if (to != NOBODY) {
        connections_note(exchange->journal, number, (unsigned)to, &reset);
        exchange->endpoint[number].last[to] = endpoint_known(exchange, (unsigned)to)->tail;
        endpoint_wait_with_reset(exchange, to, &reset);
    }
    finish(exchange, number);
    commit(exchange, direct ? (int)number : NOBODY, (int)number);
    return true;
}

/* Moves the packet at the head, or a piece of it. False: it has to wait. */
static bool pass(struct exchange *exchange, unsigned number)
{
    struct endpoint *from = &exchange->endpoint[number];
    const struct virtio_vsock_header *header = &from->header;
    int to = destination(exchange, number);
    bool passed = true;

    if (!endpoint_has_address(exchange, number, header->source_cid, header->source_port)) {
        drop(exchange, number);
    } else if (to == NOBODY || from->late) {
        passed = refuse(exchange, number, to);
    } else {
        connections_note(exchange->journal, number, (unsigned)to, header);
        passed = header->length != 0 ? pass_data(exchange, number, (unsigned)to)
                                     : pass_header(exchange, number, (unsigned)to);
    }
    if (passed)
        return true;
    /* Its queue has just stopped: the packet is refused the next time. */
    if (to != NOBODY && !endpoint_is_there(exchange, (unsigned)to))
        return true;
    endpoint_waits_for(exchange, number, to);
    return false;
}

/* Gives the client what waits for it in the journal: how many packets. */
static unsigned deliver_waiting(struct exchange *exchange, unsigned number)
{
    struct journal *journal = exchange->journal;
    struct endpoint *endpoint = &exchange->endpoint[number];
    unsigned moved = 0;

    while (moved < EXCHANGE_PACKETS && journal_waiting(journal, number) != 0 &&
           is_next(exchange, number, endpoint->waiting_place) && take_buffer(exchange, number)) {
        journal_begin(journal);
        receive(exchange, number, journal_entry(journal, number, endpoint_known(exchange, number)->head), 0);
        journal_change(journal, number)->head++;
        commit(exchange, (int)number, NOBODY);
        endpoint->waiting_place = ++exchange->places;
        moved++;
    }
    return moved;
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
            endpoint_known(exchange, number)->lost = 0;
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

/* How many packets it may send now: answers to them must find room where those wait that wait for it already. */
static unsigned allowance(const struct exchange *exchange, unsigned number, unsigned delivered)
{
    if (endpoint_known(exchange, number)->lost != 0)
        return 0;
    return journal_waiting(exchange->journal, number) <= exchange->journal->entries * 3 / 4 ? EXCHANGE_PACKETS
                                                                                            : delivered;
}

bool exchange_turn(struct exchange *exchange, unsigned number)
{
    struct endpoint *endpoint = &exchange->endpoint[number];
    unsigned delivered = deliver_waiting(exchange, number);
    bool moved = delivered != 0;
    unsigned packets = 0;
    uint64_t bytes = 0;

    endpoint_waits_for(exchange, number, NOBODY);
    if (endpoint_known(exchange, number)->lost != 0)
        announce_loss(exchange, number);
    packets = allowance(exchange, number, delivered);
    for (unsigned i = 0; i < packets && bytes < EXCHANGE_BYTES && take_packet(exchange, number); i++) {
        if (!pass(exchange, number))
            break;
        bytes += endpoint->header.length;
        moved = true;
    }
    return moved;
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
