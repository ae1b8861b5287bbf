/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "connections.h"

/* There are as many sockets as connections, so that each finds a place. */
static void accept_all(struct connections *connections, struct vsock *vsock, uint32_t first_port, enum agent_port port)
{
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        struct connection *one = &connections->all[i];

        if (one->socket != NULL)
            continue;
        one->socket = vsock_accept(vsock, first_port + port);
        if (one->socket == NULL)
            return;
        session_start(&one->session, port, one->socket->peer_cid);
    }
}

static void receive(struct connection *connection, struct vsock *vsock)
{
    size_t size = 0;
    uint8_t *room = session_room(&connection->session, &size);

    if (size != 0)
        session_came(&connection->session, vsock_receive(vsock, connection->socket, room, size));
}

static void send_waiting(struct connection *connection, struct vsock *vsock)
{
    size_t size = 0;
    const uint8_t *bytes = session_waiting(&connection->session, &size);

    if (size != 0)
        session_went(&connection->session, vsock_send(vsock, connection->socket, bytes, size));
}

static void move(struct connection *connection, struct vsock *vsock)
{
    send_waiting(connection, vsock);
    receive(connection, vsock);
    connection->socket->busy = session_busy(&connection->session);
}

/* Nobody computes for a guest that has gone or gave way. */
static bool is_open(const struct connection *connection)
{
    return connection->socket != NULL && connection->socket->state != VSOCK_ENDED;
}

/* Of its guest's connections with a message it is the one that was answered longest ago, and none was in this round. */
static bool has_turn(const struct connections *connections, const struct connection *one)
{
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        const struct connection *other = &connections->all[i];

        if (other == one || other->session.cid != one->session.cid)
            continue;
        if (other->answered == connections->rounds)
            return false;
        if (is_open(other) && session_ready(&other->session) && other->answered < one->answered)
            return false;
    }
    return true;
}

static void answer(const struct connections *connections, struct connection *one, struct vsock *vsock,
                   const struct ssh *ssh)
{
    if (session_ready(&one->session) && has_turn(connections, one) && session_step(&one->session, ssh))
        one->answered = connections->rounds;
    move(one, vsock);
}

/* Nothing more will come of it: it has sent all, or nonsense, and heard what there was to hear. */
static bool is_over(const struct connection *connection)
{
    size_t size = 0;

    (void)session_waiting(&connection->session, &size);
    return size == 0 && (connection->session.ended || vsock_at_end(connection->socket));
}

bool connections_round(struct connections *connections, struct vsock *vsock, uint32_t first_port, const struct ssh *ssh)
{
    bool more = false;

    connections->rounds++;
    for (unsigned port = 0; port < AGENT_PORTS; port++)
        accept_all(connections, vsock, first_port, (enum agent_port)port);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (is_open(&connections->all[i]))
            move(&connections->all[i], vsock);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (is_open(&connections->all[i]))
            answer(connections, &connections->all[i], vsock, ssh);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        struct connection *one = &connections->all[i];

        if (one->socket == NULL)
            continue;
        if (is_open(one) && session_ready(&one->session)) {
            more = true;
        } else if (!is_open(one) || is_over(one)) {
            vsock_close(vsock, one->socket);
            one->socket = NULL;
        }
    }
    return more;
}
