/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A service that does not come back. For SERVICE_PATIENCE_NS, longer than any restart takes, a guest's requests wait
 * for it and the guest sees nothing; then the log says so, and the guest is told in its device's own way until the
 * service is there again:
 *
 *   disk      requests end with an error, also later ones
 *   network   the link is down (virtio 1.2, 5.1.4); frames that wait may still go when it is up again
 *
 * What other devices have waits on.
 *
 * A request that ends so may still be done: nobody has reset the device of a service that is dead. What it reads then
 * arrives in buffers that the guest has back, if the service's device reaches them (services/block). It can be the
 * guest's own memory alone, and the guest was told that its disk has failed; Linux does not use a page that it could
 * not read, but may use the memory for something else.
 */
#pragma once

#include <stdbool.h>

#include "virtio/queue.h"
#include "virtio_mmio.h"

/* What a kind of device has for that. */
struct virtio_absence {
    const char *text;                                      /* of the log line: what the guest sees */
    bool fails;                                            /* an error is an answer: the backend's `fail` */
    void (*tell)(struct virtio_mmio *device, bool absent); /* the configuration says it; may be null */
};

/* The service was asked for something, and has answered or not; if so, it has all queues of a device that it runs. */
void virtio_absent_heard(struct virtio_mmio *device, bool answered);

/* The VMM's deadline: whether it has been long enough. */
void virtio_absent_check(struct virtio_mmio *device);

/* Answers a chain of a disk with an error. */
void virtio_absent_answer(struct virtio_queue *queue, const struct virtio_chain *chain,
                          const struct virtio_segment *segments);

/* Answers all that wait in its queue so, and tells the guest; `segments` is room for those of one. */
void virtio_absent_answer_all(struct virtio_mmio *device, struct virtio_queue *queue, struct virtio_segment *segments,
                              uint32_t segments_max);
