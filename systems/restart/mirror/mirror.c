/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The other end of pinger's frames and of talker's stream: sends everything back.
 */
#include <string.h>

#include "component.h"
#include "net/net.h"
#include "rt/component.h"
#include "vsock/vsock.h"

enum { SOCKETS = 2, PART = 4096 };

static struct net_port net;
static struct vsock vsock;
static struct vsock_socket sockets[SOCKETS];
static struct vsock_socket *talker;
static uint8_t frame[NET_FRAME_MAX];
static uint8_t part[PART];
static size_t part_length, part_sent;

/* Whether any frame came. */
static bool reflect_frames(void)
{
    uint32_t length = 0;
    bool came = false;

    while (net_receive(&net, frame, sizeof(frame), &length) == NET_DONE) {
        came = true;
        memcpy(frame, frame + 6, 6);
        memcpy(frame + 6, net.mac, 6);
        (void)net_send(&net, frame, length);
    }
    return came;
}

static void reflect_stream(void)
{
    struct vsock_socket *next = vsock_accept(&vsock, VSOCK_PORT_FIRST);
    bool moved = true;

    if (next != NULL && talker != NULL)
        vsock_close(&vsock, talker);
    if (next != NULL) {
        talker = next;
        part_length = part_sent = 0;
    }
    while (talker != NULL && moved) {
        size_t sent = vsock_send(&vsock, talker, part + part_sent, part_length - part_sent);

        part_sent += sent;
        moved = sent != 0;
        if (part_sent < part_length)
            continue;
        part_sent = 0;
        part_length = vsock_receive(&vsock, talker, part, PART);
        moved = part_length != 0;
    }
}

void component_notification(uint64_t flags)
{
    if (!reflect_frames() || (flags & COMPONENT_FLAG_RESTARTED) != 0)
        net_restarted(&net);
    vsock_event(&vsock, flags);
    reflect_stream();
}

void component_start(void)
{
    (void)net_open(&net, &(struct net_setup)NET_SETUP);
    (void)vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, sockets, SOCKETS);
    (void)vsock_listen(&vsock, VSOCK_PORT_FIRST);
    (void)reflect_frames();
}
