/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A neighbour's session: a question goes to a port of the host's, piece by piece, and its answer comes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "vsock/vsock.h"

enum talk_state { TALK_WAITS, TALK_ANSWERED, TALK_ENDED /* without an answer: the next question has a new session */ };

struct talk {
    uint32_t port;
    struct vsock_socket *socket; /* NULL: it is yet to connect */
    size_t sent, received;
};

static inline void talk_begin(struct talk *talk)
{
    talk->sent = talk->received = 0;
}

static inline void talk_leave(struct talk *talk, struct vsock *vsock)
{
    vsock_close(vsock, talk->socket);
    talk->socket = NULL;
}

/* As far as it goes now. */
static inline enum talk_state talk_go_on(struct talk *talk, struct vsock *vsock, const void *question, size_t asked,
                                         void *answer, size_t answered)
{
    if (talk->socket == NULL)
        talk->socket = vsock_connect(vsock, VIRTIO_VSOCK_CID_HOST, talk->port);
    if (talk->socket == NULL)
        return TALK_WAITS;
    talk->sent += vsock_send(vsock, talk->socket, (const uint8_t *)question + talk->sent, asked - talk->sent);
    talk->received += vsock_receive(vsock, talk->socket, (uint8_t *)answer + talk->received, answered - talk->received);
    if (talk->received == answered)
        return TALK_ANSWERED;
    if (talk->socket->state != VSOCK_ENDED)
        return TALK_WAITS;
    talk_leave(talk, vsock);
    return TALK_ENDED;
}
