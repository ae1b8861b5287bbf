/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients that use lib/vsock, with the real service between them. The kernel is quoll_trap in ends.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "services/vsock/exchange.h"
#include "vsock/vsock.h"

enum {
    ENDS = 4,
    ENDS_WINDOW = 64 * 1024,
    ENDS_PORTAL = 20,   /* of client 0; that of client 1 is the next */
    ENDS_DOORBELL = 30, /* likewise */
    ENDS_ENTRIES = 64,  /* of a queue in the journal */
    FLAG = 1 << 4,      /* what the service raises */
    SOCKETS = 3,
    SOCKETS_MAX = 12,
};

extern uint8_t windows[ENDS][ENDS_WINDOW];
extern uint8_t journal[JOURNAL_HEADERS + ENDS * ENDS_ENTRIES * sizeof(struct virtio_vsock_header)];
extern struct endpoint endpoints[ENDS];
extern struct exchange switchboard;
extern struct vsock vsock[ENDS];
extern struct vsock_socket sockets[ENDS][SOCKETS_MAX];
extern uint64_t kept, now;     /* flags for a turn of their own; the time, in ns */
extern bool reachable;         /* the service */
extern unsigned socket_counts; /* that ends_open gives a client */

/* So many native components, with two ports each from 100, 200, .. on and SOCKETS sockets. */
void ends_begin(unsigned count);

/* A copy of the service that has just been made. */
void ends_begin_service(void);

/* A copy of the client. */
enum vsock_result ends_open(unsigned number);

/* Everybody has turns until nothing moves; `flags` come with the first. */
void ends_run(uint64_t flags);
