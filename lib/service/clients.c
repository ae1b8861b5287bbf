/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "service/clients.h"

#include <stdio.h>

#include "rt/calls.h"
#include "rt/time.h"

#define PAUSE_NS UINT64_C(1000000000)

int service_client_find(const struct service_client *clients, unsigned count, uint64_t label)
{
    for (unsigned i = 0; i < count; i++)
        if (clients[i].label == label)
            return (int)i;
    return -1;
}

void service_client_signal(const struct service_client *client)
{
    (void)quoll_notification_signal(client->signal, client->signal_mask);
}

void service_client_tell(const struct service_client *client)
{
    (void)quoll_notification_signal(client->tell, client->tell_mask);
}

void service_client_stopped(const struct service_client *client, struct service_complaints *complaints,
                            const char *name, const char *why)
{
    uint64_t now = time_ticks();

    service_client_tell(client);
    if (now < complaints->next) {
        complaints->unsaid++;
        return;
    }
    if (complaints->unsaid != 0)
        printf("%s: queue stopped: %s; %lu times more since this was last said\n", name, why,
               (unsigned long)complaints->unsaid);
    else
        printf("%s: queue stopped: %s\n", name, why);
    complaints->unsaid = 0;
    complaints->next = now + time_ns_to_ticks(PAUSE_NS);
}

void service_clients_tell(const struct service_client *clients, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        service_client_tell(&clients[i]);
}

void service_clients_let_go(const struct service_client *clients, unsigned count, void (*detach)(unsigned number))
{
    for (unsigned i = 0; i < count; i++) {
        if (!clients[i].direct)
            continue;
        detach(i);
        service_client_tell(&clients[i]);
    }
}
