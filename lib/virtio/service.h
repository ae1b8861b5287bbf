/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How whoever sets a queue up hands it to the service that runs it: the operations that every such service's portal
 * understands, with the same words. Word 0 of a request is the operation; word 0 of a reply is zero or a result, or
 * VIRTIO_SERVICE_FAILED | an error of the service.
 */
#pragma once

#include <stdint.h>

#include "virtio/queue.h"

enum virtio_service_operation {
    VIRTIO_SERVICE_ATTACH = 3, /* w1 queue, w2 size, w3 descriptor table, w4 driver area (available ring), w5 device
                                * area (used ring), addresses as the client's memory has them; w6 features */
    VIRTIO_SERVICE_DETACH = 4, /* lets go of every queue of the client; never fails for a client */
    VIRTIO_SERVICE_QUEUES = 5, /* reply: w0 = state of queue q << 8 q, enum virtio_service_state */
};

/*
 * BROKEN: nonsense in the ring; the device needs a reset, and the queue is detached when its driver does that. DETACHED
 * though it had been attached: the service was made again, or let go because a peer was; the queue is attached once
 * more, and the service goes on where the used ring ends. Of both the service raises a flag at whoever attached.
 */
enum virtio_service_state { VIRTIO_SERVICE_DETACHED = 0, VIRTIO_SERVICE_ATTACHED = 1, VIRTIO_SERVICE_BROKEN = 2 };

#define VIRTIO_SERVICE_FAILED (UINT64_C(1) << 63)

/* For the service: the queue that the words of an ATTACH describe, not checked yet; virtio_queue_attach does that. */
static inline struct virtio_queue_setup virtio_service_setup(const uint64_t *word)
{
    return (struct virtio_queue_setup){
        .size = (uint32_t)word[2],
        .descriptors = word[3],
        .available = word[4],
        .used = word[5],
        .features = word[6],
    };
}

/* What the reply to QUEUES says of a queue. */
static inline enum virtio_service_state virtio_service_state(const struct virtio_queue *queue)
{
    if (queue->error == VIRTIO_DETACHED)
        return VIRTIO_SERVICE_DETACHED;
    return virtio_queue_works(queue) ? VIRTIO_SERVICE_ATTACHED : VIRTIO_SERVICE_BROKEN;
}
