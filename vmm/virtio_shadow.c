/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_shadow.h"

#include <assert.h>
#include <string.h>

#include "config.h"
#include "console.h"
#include "rt/calls.h"
#include "virtio_absent.h"
#include "virtio_service.h"
#include "vm.h"

/* A queue's own part of SHADOW_RING, and what its driver and the service know of features: bits 0 to 23 are the
 * device's own (virtio 1.2, 2.2), the rest of them the transport's, which the window's ring has by itself. */
enum { RING_STRIDE = 16 * 1024, DEVICE_FEATURES = 0xffffff };

static_assert(RING_STRIDE * VIRTIO_MMIO_QUEUES <= SHADOW_RING, "every queue has a ring");
static_assert(16 * SHADOW_SIZE_MAX + 6 + 2 * SHADOW_SIZE_MAX + 2 + 6 + 8 * SHADOW_SIZE_MAX <= RING_STRIDE,
              "a ring has room");

/* The guest's memory, the same for all devices. */
static struct virtio_window guest;

static struct virtio_shadow_queue *queue_of(const struct virtio_mmio *device, uint32_t number)
{
    return &device->copied[number];
}

static uint16_t ring_of(const struct virtio_shadow_queue *queue)
{
    return queue->ring != 0 ? queue->ring : SHADOW_SIZE;
}

uint64_t virtio_shadow_room(const struct virtio_mmio *device)
{
    return device->service->window_size < SHADOW_RING ? 0 : device->service->window_size - SHADOW_RING;
}

/* Of a buffer, in the window: the service's address. */
static uint64_t offset_of(const struct virtio_shadow_queue *queue, unsigned buffer)
{
    return queue->buffers + (uint64_t)buffer * queue->bytes;
}

static uint8_t *bytes_of(const struct virtio_mmio *device, const struct virtio_shadow_queue *queue, unsigned buffer)
{
    return (uint8_t *)(uintptr_t)device->service->window + offset_of(queue, buffer);
}

static void forget(const struct virtio_mmio *device)
{
    for (uint32_t i = 0; i < device->queue_count; i++) {
        virtio_queue_detach(&queue_of(device, i)->queue);
        memset(queue_of(device, i)->held, 0, queue_of(device, i)->chains * sizeof(struct virtio_shadow_chain));
    }
}

/* A ring of the window that nobody has used. */
static enum virtio_error start_driver(struct virtio_mmio *device, uint32_t number)
{
    struct virtio_shadow_queue *queue = queue_of(device, number);
    const struct virtio_driver_setup ring = {
        .memory = (uint8_t *)(uintptr_t)device->service->window + (uint64_t)number * RING_STRIDE,
        .address = (uint64_t)number * RING_STRIDE,
        .size = ring_of(queue),
        .features = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX |
                    (device->accepted & DEVICE_FEATURES),
        .slots = queue->slots,
    };

    return virtio_driver_start(&queue->driver, &ring);
}

static enum service_answer attach(struct virtio_mmio *device, uint32_t number)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&queue_of(device, number)->driver);

    return virtio_service_attach(device, number, &rings);
}

/* *offset: where in the window there is room for the queue's buffers. NULL, or why it cannot be served. */
static const char *start_queue(struct virtio_mmio *device, uint32_t number, uint64_t *offset)
{
    struct virtio_shadow_queue *queue = queue_of(device, number);
    const struct virtio_queue_setup setup = virtio_mmio_queue_setup(device, number);
    enum virtio_error error = VIRTIO_OK;

    queue->buffers = *offset;
    *offset += (uint64_t)queue->chains * queue->bytes;
    if (queue->chains > ring_of(queue) / 2 || ring_of(queue) > SHADOW_SIZE_MAX ||
        *offset > device->service->window_size)
        return "its buffers do not fit the window";
    if (!device->queue[number].ready)
        return NULL;
    error = virtio_queue_attach(&queue->queue, &guest, &setup);
    if (error == VIRTIO_OK)
        error = start_driver(device, number);
    if (error != VIRTIO_OK)
        return virtio_error_text(error);
    return attach(device, number) == SERVICE_DONE ? NULL : "the service refuses it";
}

static bool start(struct virtio_mmio *device)
{
    uint64_t offset = SHADOW_RING;
    const char *complaint = NULL;

    forget(device);
    virtio_service_detach(device);
    guest = (struct virtio_window){BOARD_RAM, vm_ram_size(), (uint8_t *)(uintptr_t)config.ram.address};
    for (uint32_t i = 0; i < device->queue_count && complaint == NULL; i++) {
        complaint = start_queue(device, i, &offset);
        if (complaint != NULL)
            log_line("queue %u of the guest's %s: %s", i, device->name, complaint);
    }
    if (complaint == NULL)
        return true;
    virtio_service_detach(device);
    forget(device);
    return false;
}

static void stop(struct virtio_mmio *device)
{
    virtio_service_detach(device);
    forget(device);
}

static void interrupt(struct virtio_mmio *device, bool raise)
{
    if (raise)
        virtio_service_interrupt(device);
}

static void fail(struct virtio_mmio *device, enum virtio_error error)
{
    if (error == VIRTIO_OK || error == VIRTIO_EMPTY || error == VIRTIO_DETACHED ||
        (device->status & VIRTIO_STATUS_NEEDS_RESET) != 0)
        return;
    log_line("the guest's %s needs a reset: %s", device->name, virtio_error_text(error));
    virtio_mmio_fail(device);
}

static struct virtio_segment *segments_of(const struct virtio_shadow_queue *queue, unsigned buffer)
{
    return &queue->in_guest[(size_t)buffer * queue->segments];
}

/* The chain's readable bytes go to the front of the buffer, what the service writes comes behind them. */
static enum virtio_error pass_on(const struct virtio_mmio *device, struct virtio_shadow_queue *queue, unsigned buffer)
{
    struct virtio_shadow_chain *one = &queue->held[buffer];
    const struct virtio_segment *segments = segments_of(queue, buffer);
    uint8_t *bytes = bytes_of(device, queue, buffer);
    uint32_t readable = (uint32_t)one->chain.readable_bytes;
    uint32_t writable = (uint32_t)one->chain.writable_bytes;
    uint64_t offset = offset_of(queue, buffer);
    struct virtio_buffer parts[2] = {{offset, readable}, {offset + readable, writable}};
    uint16_t head = 0;
    enum virtio_error error = VIRTIO_OK;

    for (uint32_t s = 0; s < one->chain.readable; s++) {
        memcpy(bytes, segments[s].base, segments[s].length);
        bytes += segments[s].length;
    }
    error = virtio_driver_add(&queue->driver, readable != 0 ? parts : parts + 1, readable != 0, writable != 0, &head);
    if (error != VIRTIO_OK)
        return error;
    queue->buffer_of[head] = (uint8_t)buffer;
    one->busy = true;
    return VIRTIO_OK;
}

/* Takes chains of the guest's as long as there are buffers. */
static void serve(struct virtio_mmio *device, uint32_t number)
{
    struct virtio_shadow_queue *queue = queue_of(device, number);
    enum virtio_error error = VIRTIO_OK;

    if (!virtio_queue_works(&queue->queue))
        return;
    for (unsigned buffer = 0; buffer < queue->chains && error == VIRTIO_OK; buffer++) {
        struct virtio_shadow_chain *one = &queue->held[buffer];

        if (one->busy)
            continue;
        error = virtio_queue_take(&queue->queue, &one->chain, segments_of(queue, buffer), queue->segments);
        if (error == VIRTIO_OK && one->chain.readable_bytes + one->chain.writable_bytes > queue->bytes) {
            virtio_queue_stop(&queue->queue, VIRTIO_TOO_LONG);
            error = VIRTIO_TOO_LONG;
        }
        if (error == VIRTIO_OK)
            error = pass_on(device, queue, buffer);
    }
    if (virtio_driver_kick(&queue->driver))
        (void)quoll_notification_signal(device->service->notification, UINT64_C(1) << number);
    fail(device, error);
}

/* After the queues were taken over the service finds a ring of what it had and nobody has answered, and what came. */
static enum service_answer attach_again(struct virtio_mmio *device, uint32_t number)
{
    struct virtio_shadow_queue *queue = queue_of(device, number);
    enum virtio_error error = VIRTIO_OK;
    enum service_answer answer = SERVICE_DONE;

    if (!device->failing)
        return attach(device, number);
    error = start_driver(device, number);
    for (unsigned buffer = 0; buffer < queue->chains && error == VIRTIO_OK; buffer++)
        if (queue->held[buffer].busy)
            error = pass_on(device, queue, buffer);
    if (error != VIRTIO_OK)
        return SERVICE_REFUSED;
    answer = attach(device, number);
    if (answer == SERVICE_DONE)
        serve(device, number);
    return answer;
}

static void give_back(const struct virtio_mmio *device, struct virtio_shadow_queue *queue, unsigned buffer,
                      uint32_t written)
{
    struct virtio_shadow_chain *one = &queue->held[buffer];
    const struct virtio_segment *segments = segments_of(queue, buffer);
    const uint8_t *bytes = bytes_of(device, queue, buffer) + one->chain.readable_bytes;
    uint32_t left = written;

    for (uint32_t s = one->chain.readable; s < (uint32_t)one->chain.readable + one->chain.writable && left != 0; s++) {
        uint32_t length = segments[s].length < left ? segments[s].length : left;

        memcpy(segments[s].base, bytes, length);
        bytes += length;
        left -= length;
    }
    virtio_queue_complete(&queue->queue, one->chain.head, written);
    one->busy = false;
}

/* Whether anything was done; `signal`: and the guest wants to know. */
static bool take_queue(struct virtio_mmio *device, uint32_t number, bool *signal)
{
    struct virtio_shadow_queue *queue = queue_of(device, number);
    bool came = false;
    enum virtio_error error = VIRTIO_OK;
    uint16_t head = 0;
    uint32_t written = 0;

    if (!virtio_queue_works(&queue->queue))
        return false;
    /* Once more than there are chains, so that the last one finds none and asks for a signal. */
    for (unsigned i = 0; i <= queue->chains && error == VIRTIO_OK; i++) {
        error = virtio_driver_take(&queue->driver, &head, &written);
        if (error != VIRTIO_OK)
            break;
        give_back(device, queue, queue->buffer_of[head], written);
        came = true;
    }
    *signal = virtio_queue_signal(&queue->queue) || *signal;
    fail(device, error);
    return came;
}

static bool take(struct virtio_mmio *device)
{
    bool came = false;
    bool signal = false;

    if (!device->started || device->failing)
        return false;
    for (uint32_t i = 0; i < device->queue_count; i++)
        came = take_queue(device, i, &signal) || came;
    if (signal)
        virtio_mmio_used(device);
    for (uint32_t i = 0; i < device->queue_count; i++)
        serve(device, i);
    return came;
}

/* The guest's queues are the VMM's at all times. */
static void take_over(struct virtio_mmio *device)
{
    (void)device;
}

static struct virtio_queue *guests(struct virtio_mmio *device, uint32_t number)
{
    return &queue_of(device, number)->queue;
}

/* Those that the service has not answered first. */
static bool next(struct virtio_mmio *device, uint32_t number, struct virtio_chain *chain,
                 const struct virtio_segment **segments)
{
    struct virtio_shadow_queue *queue = queue_of(device, number);

    for (unsigned buffer = 0; buffer < queue->chains; buffer++)
        if (queue->held[buffer].busy) {
            queue->held[buffer].busy = false;
            *chain = queue->held[buffer].chain;
            *segments = segments_of(queue, buffer);
            return true;
        }
    *segments = segments_of(queue, 0);
    return virtio_queue_take(&queue->queue, chain, segments_of(queue, 0), queue->segments) == VIRTIO_OK;
}

static void notify(struct virtio_mmio *device, uint32_t number)
{
    if (device->failing)
        virtio_absent_answer(device);
    else if (number < device->queue_count)
        serve(device, number);
}

const struct virtio_mmio_backend virtio_shadow = {
    .start = start,
    .stop = stop,
    .interrupt = interrupt,
    .notify = notify,
    .attach = attach_again,
    .take = take,
    .take_over = take_over,
    .next = next,
    .queue = guests,
};
