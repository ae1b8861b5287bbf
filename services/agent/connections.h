/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Connections of guests, a session each, and whose turn it is: in a round each guest has one message answered,
 * whichever of its connections that is of, and its connections take turns. So a guest's message waits for one of each
 * of the others', however many connections they have.
 */
#pragma once

#include "session.h"
#include "vsock/vsock.h"

enum { CONNECTIONS = 8 };

struct connection {
    struct vsock_socket *socket; /* NULL: free */
    uint64_t answered;           /* the last round in which a message of it was */
    struct session session;
};

struct connections {
    struct connection all[CONNECTIONS];
    uint64_t rounds;
};

/* A round, with what has come to `first_port` and the port behind it since. True: there may be more to do. */
bool connections_round(struct connections *connections, struct vsock *vsock, uint32_t first_port,
                       const struct ssh *ssh);
