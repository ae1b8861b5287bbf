/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vsock/shares.h"

bool shares_open(const struct vsock_socket *socket)
{
    return socket->state == VSOCK_CONNECTING || socket->state == VSOCK_ARRIVED || socket->state == VSOCK_CONNECTED;
}

/* A peer's own doing: not what we have connected. */
static bool is_theirs(const struct vsock *vsock, const struct vsock_socket *socket)
{
    return socket->port - vsock->own_first >= vsock->own_count;
}

/* Not what we have closed already. */
static bool counts(const struct vsock *vsock, const struct vsock_socket *socket)
{
    return shares_open(socket) && !socket->closing && is_theirs(vsock, socket);
}

/* What it will have counts as well. */
static unsigned held(const struct vsock *vsock, uint64_t cid)
{
    unsigned count = 0;

    for (unsigned i = 0; i < vsock->socket_count; i++) {
        const struct vsock_socket *socket = &vsock->sockets[i];

        count += counts(vsock, socket) && socket->peer_cid == cid;
        count += socket->has_heir && socket->heir.source_cid == cid;
    }
    return count;
}

/* How much the peer holds that has the socket or waits for it; 0: neither can be taken from it. */
static unsigned held_by_whose(const struct vsock *vsock, const struct vsock_socket *socket)
{
    if (socket->has_heir)
        return held(vsock, socket->heir.source_cid);
    return counts(vsock, socket) ? held(vsock, socket->peer_cid) : 0;
}

static bool before(const struct vsock_socket *one, const struct vsock_socket *other)
{
    if (one->has_heir != other->has_heir)
        return one->has_heir;
    return one->busy != other->busy ? other->busy : one->moved < other->moved;
}

struct vsock_socket *shares_find(const struct vsock *vsock, uint64_t cid)
{
    unsigned most = held(vsock, cid) + 2;
    struct vsock_socket *found = NULL;

    for (unsigned i = 0; i < vsock->socket_count; i++) {
        struct vsock_socket *socket = &vsock->sockets[i];
        unsigned count = held_by_whose(vsock, socket);

        if (socket->state == VSOCK_ENDED && !socket->has_heir && is_theirs(vsock, socket))
            return socket;
        if (count < most || (found != NULL && count == most && !before(socket, found)))
            continue;
        most = count;
        found = socket;
    }
    return found;
}

void shares_forget(struct vsock *vsock, const struct virtio_vsock_header *header)
{
    for (unsigned i = 0; i < vsock->socket_count; i++) {
        const struct virtio_vsock_header *heir = &vsock->sockets[i].heir;

        if (heir->source_cid == header->source_cid && heir->source_port == header->source_port &&
            heir->destination_port == header->destination_port)
            vsock->sockets[i].has_heir = false;
    }
}
