/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vsock/queues.h"

#include "rt/calls.h"
#include "service/ask.h"

enum {
    RX = VIRTIO_VSOCK_RECEIVE,
    TX = VIRTIO_VSOCK_TRANSMIT,
    EVENT = VIRTIO_VSOCK_EVENT,
    RING_STRIDE = 1024,
    EVENTS = 3072, /* offset in the window */
    PAGE = QUEUES_PACKET,
};

static uint8_t *at(const struct vsock *vsock, uint64_t offset)
{
    return (uint8_t *)(uintptr_t)vsock->setup.window + offset;
}

static uint64_t buffer_offset(const struct vsock *vsock, unsigned queue, unsigned number)
{
    if (queue == EVENT)
        return EVENTS + number * sizeof(struct virtio_vsock_event);
    return PAGE + (uint64_t)PAGE * (number + (queue == TX ? vsock->depth : 0));
}

uint8_t *queues_buffer(const struct vsock *vsock, unsigned queue, unsigned number)
{
    return at(vsock, buffer_offset(vsock, queue, number));
}

bool queues_attach(const struct vsock *vsock, unsigned queue)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&vsock->driver[queue]);

    return service_attach(vsock->setup.portal, queue, &rings, 0) == SERVICE_DONE;
}

void queues_kick(struct vsock *vsock, unsigned queue)
{
    if (virtio_driver_kick(&vsock->driver[queue]))
        (void)quoll_notification_signal(vsock->setup.doorbell, UINT64_C(1) << queue);
}

void queues_give(struct vsock *vsock, unsigned queue, unsigned number, uint32_t length)
{
    const struct virtio_buffer buffer = {buffer_offset(vsock, queue, number), length};
    uint16_t head = 0;

    if (virtio_driver_add(&vsock->driver[queue], &buffer, queue == TX, queue != TX, &head) == VIRTIO_OK)
        vsock->buffer_of[queue][head] = (uint8_t)number;
}

static bool start(struct vsock *vsock, unsigned queue)
{
    const uint64_t offset = (uint64_t)queue * RING_STRIDE;
    const struct virtio_driver_setup ring = {
        .memory = at(vsock, offset),
        .address = offset,
        .size = VSOCK_RING,
        .features = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX,
        .slots = vsock->slots[queue],
    };

    return virtio_driver_start(&vsock->driver[queue], &ring) == VIRTIO_OK && queues_attach(vsock, queue);
}

bool queues_fit(struct vsock *vsock)
{
    uint64_t pages = vsock->setup.window_size / PAGE;

    if (pages < 3)
        return false;
    vsock->depth = (uint16_t)((pages - 1) / 2 < VSOCK_RING ? (pages - 1) / 2 : VSOCK_RING);
    return true;
}

bool queues_start(struct vsock *vsock)
{
    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++)
        if (!start(vsock, queue))
            return false;
    vsock->free_buffers = (uint16_t)((1U << vsock->depth) - 1);
    for (unsigned i = 0; i < vsock->depth; i++)
        queues_give(vsock, RX, i, PAGE);
    for (unsigned i = 0; i < VSOCK_EVENTS; i++)
        queues_give(vsock, EVENT, i, sizeof(struct virtio_vsock_event));
    queues_kick(vsock, RX);
    queues_kick(vsock, EVENT);
    return true;
}
