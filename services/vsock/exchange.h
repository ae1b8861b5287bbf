/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Packets between sockets: each client, a guest with a CID or a native component with ports of CID 2, has the queues of
 * a virtio socket device (virtio 1.2, 5.10), and what it transmits goes into the receive queue of whom it is for.
 *
 *   transmit queue of A -> packet at its head -> buffer of B's receive queue         with data: piece by piece
 *                                             -> B's queue in the journal            without, while B has no buffer
 *                                             -> refused: RESET, as B would say it   nobody is there, or may be reached
 *
 * Connections and their credit are the two ends' affair: nothing is known of them here. What is known (journal.h) is
 * how far each queue went.
 *
 * No client keeps others from being served. B without buffers makes A wait when A sends data to it, as long as there is
 * patience with B (patience.h); then the packet's connection ends, and if B took nothing for all that time, B's
 * connections are lost, all of them: whoever sends to it is refused, and B is told by a TRANSPORT_RESET and receives
 * again once it has taken note of that. Answers to what B sends make A wait no sooner than half of B's queue here is
 * full; when three quarters are, B sends one packet for each that it takes, but not before: a driver may take nothing
 * until its answers have gone (virtio 1.2, 5.10.6.1).
 *
 * Nor does C, which sends to B as well: who waits for B's buffers stands in a line, in which what waits in B's queue
 * here is one, and goes to its end with each buffer. While somebody waits, or half of that queue is full, a sender has
 * one packet in it.
 *
 * No kernel call is made here: tests/unit/vsock and the fuzzer run it on the host.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "protocol.h"
#include "virtio/queue.h"
#include "virtio/vsock.h"

/* Of one client in one turn: packets, and bytes after which there is no further one. */
enum { EXCHANGE_PACKETS = 8, EXCHANGE_BYTES = VIRTIO_VSOCK_PAYLOAD_MAX };

#define EXCHANGE_PATIENCE_NS UINT64_C(2000000000)
#define EXCHANGE_NEVER       UINT64_MAX

/* Drivers' buffers have 4 KiB, as a rule. */
enum { EXCHANGE_WHOLE_BUFFER = 2048 };

struct endpoint {
    const char *name;
    uint64_t cid;                    /* VIRTIO_VSOCK_CID_HOST: a native client, with */
    uint32_t first_port, port_count; /* ports that it may listen to */
    uint64_t reaches;                /* bit i: endpoint i */
    struct virtio_window window;
    struct virtio_queue queue[VIRTIO_VSOCK_QUEUES];
    /* the packet at the head of the transmit queue */
    bool taken;
    struct virtio_chain chain;
    struct virtio_segment segments[VSOCK_QUEUE_SIZE_MAX];
    struct virtio_vsock_header header;
    int waits_for;                  /* endpoint that it waits for, or -1 */
    uint64_t place;                 /* in the line for its buffers; 0: it does not stand there */
    bool late;                      /* nobody has patience with that endpoint any more: the packet is refused */
    uint16_t last[JOURNAL_CLIENTS]; /* by endpoint: where the last packet from here lies among those that wait there */
    /* the others' patience with it (patience.h) */
    bool waited_for;        /* when it was last looked at */
    uint64_t counted_until; /* and when that was */
    uint64_t patience_used;
    uint64_t waited_since;  /* and has taken nothing; EXCHANGE_NEVER: nobody waits */
    uint64_t waiting_place; /* in the line for its buffers, of what waits for it in the journal */
    bool reset_sent;        /* lost, and TRANSPORT_RESET is on its way */
    uint16_t events;        /* buffers that its event queue had left then */
    bool broken_told;
};

/* A buffer of a receive or event queue. */
struct exchange_buffer {
    struct virtio_chain chain;
    struct virtio_segment segments[VSOCK_QUEUE_SIZE_MAX];
};

struct exchange {
    struct endpoint *endpoint;
    unsigned count;
    struct journal *journal;
    uint64_t patience;             /* EXCHANGE_PATIENCE_NS, in the unit of `now` */
    uint64_t whole_buffer;         /* EXCHANGE_WHOLE_BUFFER: what smaller ones are measured by (patience.h) */
    uint64_t places;               /* in lines for buffers, given out so far */
    unsigned waiters;              /* endpoints that wait for another */
    uint32_t watched;              /* a bit an endpoint: somebody waited for it, or patience with it was used */
    struct exchange_buffer buffer; /* the one that is being filled: too large to be made anew for each packet */
};

/* Forgets all queues: what a copy of the service that has just begun knows. `journal` is open. */
void exchange_begin(struct exchange *exchange);

/* Portal `vsock`, called by endpoint `number`, or by nobody it knows (-1). `reply` is 8 words, zero at first. */
void exchange_answer(struct exchange *exchange, int number, const uint64_t *word, uint64_t *reply);

/* Lets go of the endpoint's queues, which it attaches again: its connections stay. */
void exchange_let_go(struct exchange *exchange, unsigned number);

/* One turn of an endpoint. True: something moved, so there may be more. */
bool exchange_turn(struct exchange *exchange, unsigned number);

/* Ends the patience with whom others wait for since too long; answers when to ask again. Same unit as `patience`. */
uint64_t exchange_patience(struct exchange *exchange, uint64_t now);

enum exchange_news {
    EXCHANGE_SIGNAL = 1 << 0, /* the client wants an interrupt */
    EXCHANGE_BROKEN = 1 << 1, /* a queue of its stopped, for the first time */
};

/* What the client is to be told. A set of enum exchange_news. */
unsigned exchange_news(struct exchange *exchange, unsigned number);

/* Why its queues stopped. */
enum virtio_error exchange_error(const struct exchange *exchange, unsigned number);
