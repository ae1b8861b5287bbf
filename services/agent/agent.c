/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: connections of guests (lib/vsock) on two ports (connections.h). Of its description, `ports: {first:
 * 4000, count: 2}`, and a period that a signature fits in.
 */
#include <assert.h>
#include <stdio.h>

#include "component.h"
#include "connections.h"
#include "crypto/crypto.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"

static_assert(VSOCK_PORT_COUNT >= AGENT_PORTS, "an agent has two ports: `ports: {first: .., count: 2}`");

static struct vsock vsock;
static struct vsock_socket sockets[CONNECTIONS];
static struct connections connections;

static struct crypto crypto;
static struct ssh ssh;

/* A round of turns; if somebody has more, the next one comes at once, after what is waiting for this component. */
static void run(void)
{
    uint64_t now = time_ticks();
    bool more = connections_round(&connections, &vsock, VSOCK_PORT_FIRST, &ssh);

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
