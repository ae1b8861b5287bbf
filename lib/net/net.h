/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A native component's port of a switch (`net:` in its description): the driver side of a virtio-net's two queues, in
 * the window that it shares with the service. Frames are Ethernet's, without a tag and without a checksum of their own.
 *
 *   static struct net_port net;
 *
 *   void component_start(void)
 *   {
 *       if (net_open(&net, &(struct net_setup)NET_SETUP) == NET_DONE)
 *           (void)net_send(&net, frame, sizeof(frame));
 *   }
 *
 *   void component_notification(uint64_t flags)
 *   {
 *       bool came = false;
 *
 *       while (net_receive(&net, frame, sizeof(frame), &length) == NET_DONE)
 *           came = true, ...
 *       if (!came || (flags & COMPONENT_FLAG_RESTARTED) != 0)
 *           net_restarted(&net);
 *   }
 *
 * All of it is for the component's one thread. Frames are lost when the other side has no room, and when the service is
 * made again; whoever needs more than that has a protocol above it. A service that does not come back within
 * SERVICE_PATIENCE_NS is NET_GONE, as a guest's link is down then.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "services/net/protocol.h"
#include "virtio/driver.h"

/* What component.h says of the network. */
#define NET_SETUP                                                                       \
    {                                                                                   \
        NET_WINDOW_ADDRESS, NET_WINDOW_SIZE, CAP_NET_PORTAL, CAP_NET_DOORBELL, FLAG_NET \
    }

struct net_setup {
    uint64_t window;
    uint64_t window_size; /* bytes, 32 KiB at least */
    uint32_t portal;
    uint32_t doorbell;
    uint64_t flag; /* what the service raises */
};

/* The window: two rings, then a buffer of NET_BUFFER for each frame, as many to receive as to send. */
enum { NET_RING = 64, NET_RINGS = 4096, NET_BUFFER = 2048 };

struct net_port {
    struct net_setup setup;
    uint8_t mac[6];    /* ours */
    bool wire;         /* whether the switch has one */
    bool stopped;      /* the service has broken a ring: open it once more */
    uint64_t patience; /* ticks, of a service that is gone (SERVICE_PATIENCE_NS); QUOLL_FOREVER: it is there */
    uint16_t buffers;  /* to receive, and again to send */
    uint16_t free[NET_RING];
    uint16_t free_count; /* buffers to send with that the service does not have */
    struct virtio_driver driver[VIRTIO_NET_QUEUES];
    struct virtio_driver_slot slots[VIRTIO_NET_QUEUES][NET_RING];
    uint16_t buffer_of[VIRTIO_NET_QUEUES][NET_RING]; /* by head of the chain */
};

enum net_result {
    NET_DONE = 0,
    NET_NOTHING,   /* open: the service has no port for us, or cannot be reached; receive: no frame is there, or came
                    * in time */
    NET_FULL,      /* the service has not taken what was sent before: later, or after a wait for its flag */
    NET_BAD_FRAME, /* send: shorter than 14 bytes or longer than NET_FRAME_MAX; receive: longer than there is room; it
                    * is gone */
    NET_STOPPED,   /* the service has broken a ring: open it once more */
    NET_GONE,      /* send, receive: the service was left stopped, or takes longer to come back than a restart may; so
                    * until net_restarted finds it again */
};

/* Asks what there is and attaches both queues. The setup's window is this component's alone with the service. */
enum net_result net_open(struct net_port *port, const struct net_setup *setup);

/*
 * Sends a copy of the frame: 14 bytes of Ethernet header, in it our address as the source, and its payload. `length`
 * is 14 to NET_FRAME_MAX bytes. NET_DONE, NET_FULL, NET_BAD_FRAME, NET_STOPPED, NET_GONE.
 */
enum net_result net_send(struct net_port *port, const void *frame, uint32_t length);

/* The next frame that came, if there is one; *length, at most `room`, in bytes. When there is none, the service raises
 * its flag for the next. NET_DONE, NET_NOTHING, NET_BAD_FRAME, NET_STOPPED, NET_GONE. */
enum net_result net_receive(struct net_port *port, void *frame, uint32_t room, uint32_t *length);

/*
 * The same, but waits until `deadline`, in ticks of rt/time.h, for one. Flags that come meanwhile are kept for the
 * event loop, and callers of the component's own portals wait.
 */
enum net_result net_receive_until(struct net_port *port, void *frame, uint32_t room, uint32_t *length,
                                  uint64_t deadline);

/* The service may have been made again, have died, or has stopped a queue: asks it, attaches what is not, and goes on.
 * To be called when COMPONENT_FLAG_RESTARTED came, and when the service's flag came without a frame. */
void net_restarted(struct net_port *port);
