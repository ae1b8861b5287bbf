/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who a client of the exchange is, and what waits for it in the journal. For the exchange's own parts alone.
 */
#pragma once

#include "exchange.h"

enum { NOBODY = -1, RX = VIRTIO_VSOCK_RECEIVE, TX = VIRTIO_VSOCK_TRANSMIT, EVENT = VIRTIO_VSOCK_EVENT };

static inline struct journal_client *endpoint_known(const struct exchange *exchange, unsigned number)
{
    return &exchange->journal->client[number];
}

bool endpoint_has_address(const struct exchange *exchange, unsigned number, uint64_t cid, uint32_t port);

/* Whose address a packet is for; NOBODY but for `except`. */
int endpoint_at(const struct exchange *exchange, unsigned except, const struct virtio_vsock_header *header);

/* A client whose queue is detached for a moment, because a service or a VMM was made again, is there. */
bool endpoint_is_there(const struct exchange *exchange, unsigned number);

/* Whom it waits for from now on, or NOBODY. */
static inline void endpoint_waits_for(struct exchange *exchange, unsigned number, int other)
{
    struct endpoint *endpoint = &exchange->endpoint[number];

    exchange->waiters += (unsigned)(other != NOBODY) - (unsigned)(endpoint->waits_for != NOBODY);
    endpoint->waits_for = other;
}

/* Prepares that a packet without payload waits for `to` in the journal, which has room for it. */
void endpoint_wait(struct exchange *exchange, unsigned to, const struct virtio_vsock_header *header);

/* Prepares that a RESET does, if the client is there and has room; who has none learns of it with its next packet. */
void endpoint_wait_with_reset(struct exchange *exchange, int to, const struct virtio_vsock_header *reset);

/* Peers of a client that is no more, or of no more use, may be waiting for it to say something. */
void endpoint_reset_peers(struct exchange *exchange, unsigned number);

/* Nobody waits for this client any longer: what waits for it goes with its connections, of which peers are told. */
void endpoint_lose(struct exchange *exchange, unsigned number);
