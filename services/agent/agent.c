/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: connections of guests (lib/vsock) on two ports, a session each (session.h). Guests take turns at a
 * message each. Of its description, `ports: {first: 4000, count: 2}`, and a period that a signature fits in.
 */
#include <assert.h>
#include <stdio.h>

#include "component.h"
#include "crypto/crypto.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "session.h"
#include "vsock/vsock.h"

static_assert(VSOCK_PORT_COUNT >= AGENT_PORTS, "an agent has two ports: `ports: {first: .., count: 2}`");

enum { CONNECTIONS = 8 };

static struct vsock vsock;
static struct vsock_socket sockets[CONNECTIONS];
static struct connection {
    struct vsock_socket *socket; /* NULL: free */
    struct session session;
} connections[CONNECTIONS];

static struct crypto crypto;
static struct ssh ssh;

/* There are as many sockets as connections, so that each finds a place. */
static void accept_all(enum agent_port port)
{
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        if (connections[i].socket != NULL)
            continue;
        connections[i].socket = vsock_accept(&vsock, VSOCK_PORT_FIRST + port);
        if (connections[i].socket == NULL)
            return;
        session_start(&connections[i].session, port, connections[i].socket->peer_cid);
    }
}

static void receive(struct connection *connection)
{
    size_t size = 0;
    uint8_t *room = session_room(&connection->session, &size);

    if (size != 0)
        session_came(&connection->session, vsock_receive(&vsock, connection->socket, room, size));
}

static void send_waiting(struct connection *connection)
{
    size_t size = 0;
    const uint8_t *bytes = session_waiting(&connection->session, &size);

    if (size != 0)
        session_went(&connection->session, vsock_send(&vsock, connection->socket, bytes, size));
}

/* One message of a connection. True: there may be another. */
static bool answer(struct connection *connection)
{
    bool more = false;

    send_waiting(connection);
    receive(connection);
    more = session_step(&connection->session, &ssh);
    send_waiting(connection);
    connection->socket->busy = session_busy(&connection->session);
    return more;
}

/* Nothing more will come of it: it has sent all, or nonsense, and heard what there was to hear. */
static bool is_over(const struct connection *connection)
{
    size_t size = 0;

    (void)session_waiting(&connection->session, &size);
    return size == 0 && (connection->session.ended || vsock_at_end(connection->socket));
}

/* A turn of a connection. True: there may be more to do. Nobody computes for a guest that has gone or gave way. */
static bool serve(struct connection *connection)
{
    bool ended = connection->socket->state == VSOCK_ENDED;
    bool more = !ended && answer(connection);

    if (ended || (!more && is_over(connection))) {
        vsock_close(&vsock, connection->socket);
        connection->socket = NULL;
    }
    return more;
}

/* A round of turns; if somebody has more, the next one comes at once, after what is waiting for this component. */
static void run(void)
{
    uint64_t now = time_ticks();
    bool more = false;

    for (unsigned port = 0; port < AGENT_PORTS; port++)
        accept_all((enum agent_port)port);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (connections[i].socket != NULL)
            more = serve(&connections[i]) || more;
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, more ? now : vsock.patience);
}

void component_notification(uint64_t flags)
{
    vsock_event(&vsock, flags);
    run();
}

void component_deadline(void)
{
    vsock_event(&vsock, 0);
    run();
}

void component_start(void)
{
    int status = crypto_open(&crypto, &(struct crypto_setup)CRYPTO_SETUP);

    if (status == CRYPTO_SUCCESS)
        status = ssh_start(&ssh, &crypto, SYSTEM_NAME);
    ssh.crypto = &crypto;
    if (status != CRYPTO_SUCCESS)
        printf("no key for ssh: status %d\n", status);
    if (vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, sockets, CONNECTIONS) != VSOCK_DONE) {
        printf("no sockets\n");
        return;
    }
    for (unsigned port = 0; port < AGENT_PORTS; port++)
        (void)vsock_listen(&vsock, VSOCK_PORT_FIRST + port);
    printf("%u keys for ssh, ports %u and %u\n", ssh.count, (unsigned)VSOCK_PORT_FIRST, (unsigned)VSOCK_PORT_FIRST + 1);
    run();
}
