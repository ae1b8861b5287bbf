/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sends back what comes to its port, one connection at a time.
 */
#include <stdio.h>

#include "component.h"
#include "rt/component.h"
#include "vsock/vsock.h"

static struct vsock vsock;
static struct vsock_socket room[2];
static struct vsock_socket *peer;

void component_notification(uint64_t flags)
{
    uint8_t bytes[256];
    size_t length = 0;

    vsock_event(&vsock, flags);
    if (peer == NULL)
        peer = vsock_accept(&vsock, VSOCK_PORT_FIRST);
    while (peer != NULL && (length = vsock_receive(&vsock, peer, bytes, sizeof(bytes))) != 0)
        (void)vsock_send(&vsock, peer, bytes, length);
}

void component_start(void)
{
    if (vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, room, 2) != VSOCK_DONE ||
        vsock_listen(&vsock, VSOCK_PORT_FIRST) != VSOCK_DONE)
        printf("FAIL no sockets\n");
}
