/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The virtio-mmio transport, version 2 (virtio 1.2, 4.2), of a device whose queues a service runs. The transport
 * negotiates and sets queues up; when the driver is ready it hands them to the backend. From then on the hot registers
 * are answered by the vCPU's match table and the transport sees none of the traffic.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "service/answer.h"
#include "virtio/mmio.h"
#include "virtio/queue.h"

enum { VIRTIO_MMIO_QUEUES = 3, VIRTIO_MMIO_CONFIG = 64 };

struct virtio_mmio_queue {
    bool ready;
    uint32_t size;
    uint64_t descriptors, driver, device; /* guest physical */
};

struct virtio_mmio;

struct virtio_mmio_backend {
    /* The driver is ready: start serving. False: the device needs a reset. */
    bool (*start)(struct virtio_mmio *device);
    /* The driver has let go of the queues. Only called when started. */
    void (*stop)(struct virtio_mmio *device);
    /* InterruptStatus has changed; `raise`: and the guest is to be interrupted. */
    void (*interrupt)(struct virtio_mmio *device, bool raise);
    /* A doorbell that the match table did not take. May be null. Only called when started. */
    void (*notify)(struct virtio_mmio *device, uint32_t queue);
    /* The service was made again: the queue is attached once more. Null where the service runs no queue. */
    enum service_answer (*attach)(struct virtio_mmio *device, uint32_t queue);
    /* The service raised its flag: gives the guest what is done. False: nothing was, the flag tells of the queues. Null
     * where the service tells the guest itself. */
    bool (*take)(struct virtio_mmio *device);
    /* The service does not come back, and the device has answers of its own (virtio_absent.h): until it is attached
     * again the guest's queues are the VMM's, and doorbells come to `notify`. These three are null where the service
     * runs no queue. */
    void (*take_over)(struct virtio_mmio *device);
    /* Of a queue that was taken over: the next chain that nobody has answered; *segments are good until the next call.
     * False: there is none. */
    bool (*next)(struct virtio_mmio *device, uint32_t queue, struct virtio_chain *chain,
                 const struct virtio_segment **segments);
    struct virtio_queue *(*queue)(struct virtio_mmio *device, uint32_t queue);
};

struct config_device;
struct virtio_shadow_queue;
struct virtio_absence;

struct virtio_mmio {
    /* fixed */
    const char *name; /* of the guest's, for log lines */
    const struct config_device *service;
    const struct virtio_mmio_backend *backend;
    struct virtio_shadow_queue *copied; /* virtio_shadow: of each queue */
    const struct virtio_absence
        *absence;       /* virtio_absent.h; null: the guest is told nothing of a service that is gone */
    bool dma;           /* the service's device reaches the memory of a guest that trusts the service */
    uint32_t device_id; /* 0: an empty slot */
    uint32_t queue_count;
    uint32_t queue_size_max;
    uint64_t offered;
    uint32_t config_size;
    uint8_t config[VIRTIO_MMIO_CONFIG];
    /* virtio_absent.c's */
    uint64_t silent_since; /* ticks; 0: the service answers */
    bool told_absent;
    bool failing;                                  /* its queues are taken over */
    struct virtio_queue taken[VIRTIO_MMIO_QUEUES]; /* virtio_direct's, of which */
    /* the driver's */
    bool started; /* the backend serves the queues */
    uint32_t status;
    uint32_t offered_select, accepted_select, queue_select;
    uint64_t accepted;
    uint32_t interrupt_status;
    uint32_t config_generation;
    struct virtio_mmio_queue queue[VIRTIO_MMIO_QUEUES];
};

/* The queue as its driver set it up. */
struct virtio_queue_setup virtio_mmio_queue_setup(const struct virtio_mmio *device, uint32_t number);

uint64_t virtio_mmio_read(const struct virtio_mmio *device, uint32_t offset, uint32_t size);
void virtio_mmio_write(struct virtio_mmio *device, uint32_t offset, uint32_t size, uint64_t value);

/* The first state; a started backend is stopped. */
void virtio_mmio_reset(struct virtio_mmio *device);

/* The backend cannot go on: DEVICE_NEEDS_RESET and a configuration interrupt. */
void virtio_mmio_fail(struct virtio_mmio *device);

/* The configuration has changed: a configuration interrupt. */
void virtio_mmio_config_changed(struct virtio_mmio *device);

/* Buffers were used, by the VMM itself: an interrupt. */
void virtio_mmio_used(struct virtio_mmio *device);
