/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a client says to the portal `vsock`. The capability's label says which client it is. Word 0 of a request is the
 * operation; word 0 of a reply is zero or a result, or VSOCK_FAILED | enum vsock_error.
 */
#pragma once

#include <stdint.h>

#include "virtio/service.h"

enum vsock_operation {
    VSOCK_ATTACH = VIRTIO_SERVICE_ATTACH, /* queues 0 receive, 1 transmit, 2 event: virtio/service.h */
    VSOCK_DETACH = VIRTIO_SERVICE_DETACH, /* also ends the client's connections */
    VSOCK_QUEUES = VIRTIO_SERVICE_QUEUES,
    VSOCK_INFO = 6, /* reply: w0 0, w1 the client's CID, w2 first port that its connections come from, w3 how many such
                     * ports (0 of a guest, which has all) */
};

#define VSOCK_FAILED VIRTIO_SERVICE_FAILED

enum vsock_error {
    VSOCK_BAD_OPERATION = 1, /* no such operation */
    VSOCK_BAD_CLIENT = 3,    /* the label is unknown */
    VSOCK_BAD_QUEUE = 4,     /* no such queue, or it is attached */
    VSOCK_BAD_RING = 5,      /* size, address or alignment of a ring, or it is not in the client's window */
};

enum { VSOCK_QUEUE_SIZE_MAX = 128 };

/* The ports that connections of native clients come from: VSOCK_OWN_PORTS of each, by its place in the list. */
enum { VSOCK_OWN_PORTS = 4096, VSOCK_OWN_FIRST = 0x40000000 };
