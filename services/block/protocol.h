/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a client says to the portal `block`. The capability's label says which client it is. Word 0 of a request is the
 * operation; word 0 of a reply is zero or a result, or BLOCK_FAILED | enum block_error.
 */
#pragma once

#include <stdint.h>

#include "virtio/service.h"

enum block_operation {
    BLOCK_ATTACH = VIRTIO_SERVICE_ATTACH, /* the client's one queue, 0: virtio/service.h */
    BLOCK_DETACH = VIRTIO_SERVICE_DETACH,
    BLOCK_QUEUES = VIRTIO_SERVICE_QUEUES,
    BLOCK_INFO = 6, /* reply: w0 0, w1 sectors, w2 features that the part has (VIRTIO_BLOCK_F_RO, _FLUSH, _DISCARD),
                     *        w3 sectors of one discard at most */
};

#define BLOCK_FAILED VIRTIO_SERVICE_FAILED

enum block_error {
    BLOCK_BAD_OPERATION = 1, /* no such operation */
    BLOCK_BAD_CLIENT = 3,    /* the label is unknown */
    BLOCK_BAD_QUEUE = 4,     /* no such queue, or it is attached */
    BLOCK_BAD_RING = 5,      /* size, address or alignment of a ring, or it is not in the client's window */
    BLOCK_NO_DISK = 6,       /* the client's part is not on the disk, or there is no disk */
};

enum { BLOCK_QUEUE_SIZE_MAX = 64, BLOCK_SEGMENTS_MAX = 62 };
