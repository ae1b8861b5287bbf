/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sockets of a native component (`vsock:` in its description): streams to programs in guests and to other components,
 * with the flow control of virtio 1.2, 5.10.6.3. No call waits. The component calls vsock_event when its flag came,
 * then looks at its sockets: accepts, receives, sends what did not go before.
 *
 *   static struct vsock_socket sockets[4];
 *   static struct vsock vsock;
 *   vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, sockets, 4);
 *   vsock_listen(&vsock, 4000);
 *
 *   void component_notification(uint64_t flags)
 *   {
 *       vsock_event(&vsock, flags);
 *       while ((socket = vsock_accept(&vsock, 4000)) != NULL) ...
 *       length = vsock_receive(&vsock, socket, bytes, sizeof(bytes)); ...
 *   }
 *
 * A service that is made again loses nothing. When it has lost a component's connections (it took nothing for too
 * long), all of them have ENDED; so they have when it does not come back within SERVICE_PATIENCE_NS, and there are no
 * new ones until it does. That no flag says: a component that must not wait for it has
 *
 *   component_wait_until(vsock.patience);                         behind every vsock_event
 *   void component_deadline(void) { vsock_event(&vsock, 0); ...   as when a flag came
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/vsock/protocol.h"
#include "virtio/driver.h"
#include "virtio/vsock.h"

/* What component.h says. */
#define VSOCK_SETUP                                                                               \
    {                                                                                             \
        VSOCK_WINDOW_ADDRESS, VSOCK_WINDOW_SIZE, CAP_VSOCK_PORTAL, CAP_VSOCK_DOORBELL, FLAG_VSOCK \
    }

struct vsock_setup {
    uint64_t window;
    uint64_t window_size;
    uint32_t portal;
    uint32_t doorbell;
    uint64_t flag;
};

/* A socket's room for what has come and was not received; ports to listen to; packets in each direction; events. */
enum { VSOCK_BUFFER = 16 * 1024, VSOCK_LISTENERS = 8, VSOCK_RING = 16, VSOCK_EVENTS = 2, VSOCK_RESETS = 32 };

enum vsock_state {
    VSOCK_FREE = 0,
    VSOCK_CONNECTING, /* vsock_connect; CONNECTED or ENDED follows */
    VSOCK_ARRIVED,    /* not accepted yet */
    VSOCK_CONNECTED,
    VSOCK_ENDED, /* refused or reset; what came before can still be received */
};

struct vsock_socket {
    enum vsock_state state;
    uint64_t peer_cid;
    uint32_t peer_port;
    uint32_t port;
    bool peer_sends_no_more;    /* all it has sent can be received, and then the stream ends */
    bool peer_receives_no_more; /* what is sent now is lost */
    bool busy;                  /* the component's, if it likes: it would be a pity to end this now (vsock_listen) */
    /* vsock.c's */
    uint64_t moved; /* ticks: when the last byte came or went */
    bool has_heir;  /* another connection gets it by vsock_close, ENDED as it is: its REQUEST is `heir` */
    struct virtio_vsock_header heir;
    bool closing;  /* by vsock_close, once the peer has agreed */
    uint32_t owes; /* control packets that have had no room yet, a bit by operation */
    uint32_t shut; /* enum virtio_vsock_shutdown, ours */
    uint32_t peer_buffer, peer_consumed, sent;
    uint32_t consumed, told; /* fwd_cnt, and what the peer has heard of it */
    uint32_t first, count;   /* of `buffer`, a ring */
    uint8_t buffer[VSOCK_BUFFER];
};

struct vsock {
    struct vsock_setup setup;
    uint64_t cid;
    bool stopped;
    uint64_t patience; /* ticks: the service is gone, and sockets end in a vsock_event from then on; or QUOLL_FOREVER */
    bool absent;       /* it did not come back in time, and is not there yet */
    bool moved;        /* vsock.c's: the service had something for us */
    uint32_t own_first, own_count, own_next; /* ports that our connections come from */
    struct vsock_socket *sockets;
    unsigned socket_count;
    uint32_t listening[VSOCK_LISTENERS];
    unsigned listener_count;
    uint16_t depth; /* packets in each direction */
    struct virtio_driver driver[VIRTIO_VSOCK_QUEUES];
    struct virtio_driver_slot slots[VIRTIO_VSOCK_QUEUES][VSOCK_RING];
    uint8_t buffer_of[VIRTIO_VSOCK_QUEUES][VSOCK_RING]; /* by head of a chain */
    uint16_t free_buffers;                              /* to send in, a bit each */
    struct virtio_vsock_header resets[VSOCK_RESETS];    /* for connections that nobody here has */
    unsigned reset_count;
};

enum vsock_result {
    VSOCK_DONE = 0,
    VSOCK_NOTHING, /* the service cannot be reached, or the window is too small */
    VSOCK_LIMIT,   /* no socket or listener is free */
};

/*
 * Attaches the queues; connections of a copy of this component before it are gone. The window is this component's alone
 * with the service, 32 KiB at least. `sockets` are all that there will be, listening takes none.
 */
enum vsock_result vsock_open(struct vsock *vsock, const struct vsock_setup *setup, struct vsock_socket *sockets,
                             unsigned count);

/*
 * Takes what has come and sends what is owed. Any flags, or none; those that are not of sockets are nothing to it. When
 * the rings are broken, by the service or as the service sees them, `stopped` is set: all sockets have ENDED, and
 * vsock_open begins anew.
 */
void vsock_event(struct vsock *vsock, uint64_t flags);

/*
 * From now on connections to `port`, one of `ports` in the description, are taken. VSOCK_DONE, VSOCK_LIMIT.
 *
 * When all sockets are taken, who asks gets one that has ENDED; if there is none, peers share them: one that has two
 * less than the peer that has most gets a socket of that one, whose connection is reset. It is one that is not `busy`,
 * if there is any, and of these the one that was quiet longest; if it was accepted, it has ENDED. Who gets one that has
 * ENDED waits for vsock_close. (A CID is a peer, so components are one together.) What the component has connected
 * itself is not touched.
 */
enum vsock_result vsock_listen(struct vsock *vsock, uint32_t port);

/* The next connection that came to `port`, CONNECTED, or NULL. It is the caller's until vsock_close. */
struct vsock_socket *vsock_accept(struct vsock *vsock, uint32_t port);

/* Begins a connection: CONNECTING, later CONNECTED or ENDED. NULL: no socket is free, or `stopped`, or `absent`. */
struct vsock_socket *vsock_connect(struct vsock *vsock, uint64_t cid, uint32_t port);

/*
 * Takes as many of the bytes as the peer has room for and there are buffers for, which may be none: try again after the
 * next vsock_event. Of a socket that is not CONNECTED, none.
 */
size_t vsock_send(struct vsock *vsock, struct vsock_socket *socket, const void *bytes, size_t length);

/* How many bytes vsock_send would take at most by what the peer has said. */
size_t vsock_credit(const struct vsock_socket *socket);

/* What has come, `length` bytes at most; 0: nothing now, and never again if vsock_at_end. */
size_t vsock_receive(struct vsock *vsock, struct vsock_socket *socket, void *bytes, size_t length);

/* Everything that the peer has sent was received, and there will be no more. */
bool vsock_at_end(const struct vsock_socket *socket);

/* What we will not do any more: a set of enum virtio_vsock_shutdown. */
void vsock_shutdown(struct vsock *vsock, struct vsock_socket *socket, uint32_t what);

/* The socket is the caller's no more. What was sent still arrives; what comes is thrown away. */
void vsock_close(struct vsock *vsock, struct vsock_socket *socket);
