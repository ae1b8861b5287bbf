/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whom a service with virtqueues serves, from its component.h (docs/reference/description.md):
 *
 *   static const struct service_client clients[] = {COMPONENT_DISKS(SERVICE_CLIENT)};
 *
 * A client that cannot be signalled is dead: it asks when it comes back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct service_client {
    uint64_t label;
    uint32_t signal; /* capability that tells the client of used buffers, */
    uint32_t tell;   /* and one for a queue's state; of a guest's, at its VMM */
    uint64_t signal_mask, tell_mask;
    bool direct; /* its memory ends with its VMM */
};

/* What the log has heard of a client's queues (service_client_stopped); zero at first. */
struct service_complaints {
    uint64_t next; /* ticks: when there may be another line */
    uint64_t unsaid;
};

/* For COMPONENT_DISKS, COMPONENT_NETS and the like. */
#define SERVICE_CLIENT(number, text, address, size, base, signal, signal_mask, tell, tell_mask, ...) \
    {(number), (signal), (tell), (signal_mask), (tell_mask), (base) != 0},

/* The client's place in the table, or -1 for a label that nobody has. */
int service_client_find(const struct service_client *clients, unsigned count, uint64_t label);

/* Buffers were used. */
void service_client_signal(const struct service_client *client);

/* A queue was let go, or has stopped: the client is to ask. */
void service_client_tell(const struct service_client *client);

/*
 * A queue of the client, whom the log knows as `name`, has stopped: tells the client, and the log, there at most once a
 * second of each. A guest can stop its queue as often as it likes, and lines wait for room at the console.
 */
void service_client_stopped(const struct service_client *client, struct service_complaints *complaints,
                            const char *name, const char *why);

/* service_client_tell for all: after a start, so that those attach again who were attached to the copy before. */
void service_clients_tell(const struct service_client *clients, unsigned count);

/*
 * A peer was made again, perhaps a VMM, whose guest's memory is going or gone: detaches those whose memory ends with a
 * VMM, and tells them. The others notice by themselves.
 */
void service_clients_let_go(const struct service_client *clients, unsigned count, void (*detach)(unsigned number));
