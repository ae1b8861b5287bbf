/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the service knows that its rings do not say, in memory that outlives it, so that a copy of it made at any moment
 * goes on without losing or repeating a byte.
 *
 * A delivery moves several things at once: the used ring of who receives, that of who sent, how much of the sent packet
 * has gone. They lie in different memories; a record in the journal makes them one:
 *
 *   data and used elements are written       nothing of it is visible yet
 *   journal_commit                           the new state of both parties, complete, then the word that makes it valid
 *   the used indices are published           to what the journal says they are
 *
 * A copy that dies before the word has done nothing, as the next one sees it; after it, the next one publishes.
 *
 * Each client also has a queue of packets without payload here, for when it has no buffers: who sent them goes on.
 *
 *   0       struct journal
 *   4096    headers of client 0, of client 1, ...: `entries` each
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "virtio/vsock.h"

enum { JOURNAL_CLIENTS = 32, JOURNAL_HEADERS = 4096, JOURNAL_ENTRIES_MAX = 1024, JOURNAL_CONNECTIONS = 192 };

struct journal_client {
    uint16_t used[2];    /* by queue, receive and transmit: where its used ring ends */
    uint32_t sent;       /* bytes of the payload at the head of its transmit queue that were delivered */
    uint16_t head, tail; /* of its packets that wait here, modulo 2^16 */
    uint8_t attached;    /* a bit by queue: used[] holds */
    uint8_t lost;        /* it must be told that its connections are gone */
    uint16_t unused;
};

struct journal_party {
    uint32_t client;
    struct journal_client state;
};

/* connections.h; `used` is valid last, and gone first */
struct journal_connection {
    uint32_t port[2];
    uint8_t client[2];
    uint16_t used;
};

struct journal {
    uint64_t magic;
    uint32_t clients;
    uint32_t entries; /* of each client's queue, a power of two */
    uint32_t parties; /* of `party`: what is committed and perhaps not applied; 0: nothing */
    uint32_t changes; /* of `party`: what is being prepared */
    struct journal_party party[2];
    struct journal_client client[JOURNAL_CLIENTS];
    struct journal_connection connection[JOURNAL_CONNECTIONS];
};

static_assert(sizeof(struct journal) <= JOURNAL_HEADERS, "the headers lie behind it");

/* Bytes that it takes for so many clients with so long a queue each. */
uint64_t journal_bytes(unsigned clients, unsigned entries);

/*
 * Goes on with the journal in `memory`, aligned to 8, which a copy of the service before this one may have left, or
 * starts afresh: what makes no sense is thrown away, of one client or as a whole. Not called with too little memory:
 * at least journal_bytes(clients, 1).
 */
struct journal *journal_open(void *memory, uint64_t bytes, unsigned clients);

/* Forgets what was being prepared. */
void journal_begin(struct journal *journal);

/* The state of a client as it is to be, from what it is; of two clients at most between begin and commit. */
struct journal_client *journal_change(struct journal *journal, unsigned client);

/* Makes the changes, all of them or, if the service dies in it, perhaps none. */
void journal_commit(struct journal *journal);

static inline uint16_t journal_waiting(const struct journal *journal, unsigned client)
{
    return (uint16_t)(journal->client[client].tail - journal->client[client].head);
}

/* Entry `index`, modulo the length of the queue, of the client's queue. */
struct virtio_vsock_header *journal_entry(struct journal *journal, unsigned client, uint16_t index);
