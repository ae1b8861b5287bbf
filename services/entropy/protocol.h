/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a client says to the portal `entropy`. Word 0 of a request is the operation; word 0 of a reply is zero or a
 * result, or ENTROPY_FAILED | enum entropy_error. ENTROPY_GET is for whoever may call; the rest for guests' VMMs, whom
 * the capability's label tells apart.
 */
#pragma once

#include "virtio/service.h"

enum entropy_operation {
    ENTROPY_ATTACH = VIRTIO_SERVICE_ATTACH, /* the client's one queue, 0: virtio/service.h */
    ENTROPY_DETACH = VIRTIO_SERVICE_DETACH,
    ENTROPY_QUEUES = VIRTIO_SERVICE_QUEUES,
    ENTROPY_GET =
        6, /* w1 how many bytes, 1 to ENTROPY_BYTES_MAX; reply: w0 0, the random bytes from w1 on, then zeros */
};

#define ENTROPY_FAILED VIRTIO_SERVICE_FAILED

enum entropy_error {
    ENTROPY_BAD_OPERATION = 1, /* no such operation */
    ENTROPY_BAD_CLIENT = 3,    /* the label is no guest's VMM */
    ENTROPY_BAD_QUEUE = 4,     /* no such queue, or it is attached */
    ENTROPY_BAD_RING = 5,      /* size, address or alignment of a ring, or it is not in the client's window */
    ENTROPY_NOT_SEEDED = 6,    /* the board has given no seed, or none for too long */
    ENTROPY_BAD_SIZE = 7,      /* no bytes, or more than a message holds */
};

enum { ENTROPY_QUEUE_SIZE_MAX = 64, ENTROPY_BYTES_MAX = 56 };
