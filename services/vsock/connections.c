/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "connections.h"

#include "virtio/ring.h"

/* In either direction. */
static bool is_of(const struct journal_connection *one, unsigned from, unsigned to,
                  const struct virtio_vsock_header *header)
{
    return one->used != 0 && ((one->client[0] == from && one->client[1] == to && one->port[0] == header->source_port &&
                               one->port[1] == header->destination_port) ||
                              (one->client[0] == to && one->client[1] == from &&
                               one->port[0] == header->destination_port && one->port[1] == header->source_port));
}

static void remember(struct journal *journal, unsigned from, unsigned to, const struct virtio_vsock_header *header)
{
    struct journal_connection *place = NULL;
    unsigned count = 0;

    for (unsigned i = 0; i < JOURNAL_CONNECTIONS; i++) {
        struct journal_connection *one = &journal->connection[i];

        if (is_of(one, from, to, header))
            return;
        if (one->used == 0)
            place = one;
        else
            count += one->client[0] == from;
    }
    if (place == NULL || count >= JOURNAL_CONNECTIONS / journal->clients)
        return;
    place->client[0] = (uint8_t)from;
    place->client[1] = (uint8_t)to;
    place->port[0] = header->source_port;
    place->port[1] = header->destination_port;
    virtio_write_barrier();
    virtio_store16(&place->used, 1);
}

void connections_note(struct journal *journal, unsigned from, unsigned to, const struct virtio_vsock_header *header)
{
    if (header->operation == VIRTIO_VSOCK_REQUEST)
        remember(journal, from, to, header);
    if (header->operation != VIRTIO_VSOCK_RESET)
        return;
    for (unsigned i = 0; i < JOURNAL_CONNECTIONS; i++)
        if (is_of(&journal->connection[i], from, to, header))
            journal->connection[i].used = 0;
}

bool connections_take(struct journal *journal, unsigned client, unsigned *peer, uint32_t *port, uint32_t *peer_port)
{
    for (unsigned i = 0; i < JOURNAL_CONNECTIONS; i++) {
        struct journal_connection *one = &journal->connection[i];
        unsigned side = one->client[0] == client ? 0 : 1;

        if (one->used == 0 || one->client[side] != client)
            continue;
        *peer = one->client[1 - side];
        *port = one->port[side];
        *peer_port = one->port[1 - side];
        one->used = 0;
        return true;
    }
    return false;
}
