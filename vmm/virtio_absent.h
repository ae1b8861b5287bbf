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
 *   sockets   connections are gone (TRANSPORT_RESET, 5.10.6.7), and new ones refused (RESET)
 *   console   output is taken and lost
 *
 * Of random numbers only the log speaks: requests wait on, for there is no answer that says so.
 *
 * A disk's request that ends so may still be done: nobody has reset the device of a service that is dead. What it reads
 * then arrives in buffers that the guest has back, if the service's device reaches them (services/block). It can be the
 * guest's own memory alone, and the guest was told that its disk has failed; Linux does not use a page that it could
 * not read, but may use the memory for something else.
 */
#pragma once

#include <stdbool.h>

#include "virtio/queue.h"
#include "virtio_mmio.h"

/* What a kind of device has for that. */
struct virtio_absence {
    const char *text; /* of the log line: what the guest sees */
    /* Answers what is in the guest's queues, as far as there is an answer; of a device that has started. Null: the
     * queues are let be. */
    void (*answer)(struct virtio_mmio *device);
    /* The service is absent, or there again; before any answer. May be null. */
    void (*tell)(struct virtio_mmio *device, bool absent);
};

struct virtio_absent_chain {
    struct virtio_chain chain;
    const struct virtio_segment *segments; /* until the next one is taken */
};

/* The service was asked for something, and has answered or not; if so, it has all queues of a device that it runs. */
void virtio_absent_heard(struct virtio_mmio *device, bool answered);

/* The VMM's deadline: whether it has been long enough. */
void virtio_absent_check(struct virtio_mmio *device);

/* For `answer` and `tell`: the next chain of a queue that nobody has answered, of which at most as many as the queue
 * has entries are taken at a time. False: there is none. */
bool virtio_absent_next(struct virtio_mmio *device, uint32_t queue, struct virtio_absent_chain *next);
void virtio_absent_done(struct virtio_mmio *device, uint32_t queue, const struct virtio_absent_chain *done,
                        uint32_t written);

/* For backends, at a doorbell: answers what has come. */
void virtio_absent_answer(struct virtio_mmio *device);
