/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "service/clients.h"

#include "rt/calls.h"

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
