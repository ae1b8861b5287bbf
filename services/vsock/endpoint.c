/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "endpoint.h"

#include "connections.h"

static bool has_port(const struct exchange *exchange, unsigned number, uint32_t port)
{
    const struct endpoint *endpoint = &exchange->endpoint[number];

    return port - endpoint->first_port < endpoint->port_count ||
           port - (VSOCK_OWN_FIRST + number * VSOCK_OWN_PORTS) < VSOCK_OWN_PORTS;
}

bool endpoint_has_address(const struct exchange *exchange, unsigned number, uint64_t cid, uint32_t port)
{
    return exchange->endpoint[number].cid == cid && (cid != VIRTIO_VSOCK_CID_HOST || has_port(exchange, number, port));
}

int endpoint_at(const struct exchange *exchange, unsigned except, const struct virtio_vsock_header *header)
{
    for (unsigned i = 0; i < exchange->count; i++)
        if (i != except && endpoint_has_address(exchange, i, header->destination_cid, header->destination_port))
            return (int)i;
    return NOBODY;
}

bool endpoint_is_there(const struct exchange *exchange, unsigned number)
{
    const struct virtio_queue *receive = &exchange->endpoint[number].queue[RX];
    const struct journal_client *client = endpoint_known(exchange, number);

    return (client->attached >> RX & 1) != 0 && client->lost == 0 &&
           (virtio_queue_works(receive) || receive->error == VIRTIO_DETACHED);
}

void endpoint_wait(struct exchange *exchange, unsigned to, const struct virtio_vsock_header *header)
{
    struct journal *journal = exchange->journal;

    if (journal_waiting(journal, to) == 0)
        exchange->endpoint[to].waiting_place = ++exchange->places;
    *journal_entry(journal, to, journal->client[to].tail) = *header;
    journal_change(journal, to)->tail++;
}

void endpoint_wait_with_reset(struct exchange *exchange, int to, const struct virtio_vsock_header *reset)
{
    const struct journal *journal = exchange->journal;

    if (to != NOBODY && endpoint_is_there(exchange, (unsigned)to) &&
        journal_waiting(journal, (unsigned)to) < journal->entries)
        endpoint_wait(exchange, (unsigned)to, reset);
}

void endpoint_reset_peers(struct exchange *exchange, unsigned number)
{
    struct virtio_vsock_header reset = {
        .source_cid = exchange->endpoint[number].cid, .type = VIRTIO_VSOCK_STREAM, .operation = VIRTIO_VSOCK_RESET};
    unsigned peer = 0;

    while (connections_take(exchange->journal, number, &peer, &reset.source_port, &reset.destination_port)) {
        reset.destination_cid = exchange->endpoint[peer].cid;
        journal_begin(exchange->journal);
        endpoint_wait_with_reset(exchange, (int)peer, &reset);
        journal_commit(exchange->journal);
    }
}

void endpoint_lose(struct exchange *exchange, unsigned number)
{
    struct journal_client *client = NULL;

    endpoint_reset_peers(exchange, number);
    journal_begin(exchange->journal);
    client = journal_change(exchange->journal, number);
    client->head = client->tail;
    client->lost = 1;
    journal_commit(exchange->journal);
    exchange->endpoint[number].reset_sent = false;
}
