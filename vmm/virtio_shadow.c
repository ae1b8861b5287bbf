/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_shadow.h"

#include <string.h>

#include "config.h"
#include "console.h"
#include "rt/calls.h"
#include "virtio/driver.h"
#include "virtio_service.h"
#include "vm.h"

enum { SEGMENTS = 64 };

/* A chain of the guest's that the service has, and its buffer. */
struct held {
    bool busy;
    struct virtio_chain chain;
    struct virtio_segment segments[SEGMENTS];
};

static struct virtio_window window;
static struct virtio_queue queue;   /* the guest's */
static struct virtio_driver driver; /* of the window */
static struct virtio_driver_slot slots[SHADOW_SIZE];
static struct held held[SHADOW_CHAINS_MAX];
static uint8_t buffer_of[SHADOW_SIZE]; /* by head of the window's chain */

static unsigned buffer_count(const struct virtio_mmio *device)
{
    uint64_t count = (device->service->window_size - SHADOW_RING) / SHADOW_BUFFER;

    return count < SHADOW_CHAINS_MAX ? (unsigned)count : SHADOW_CHAINS_MAX;
}

/* Of a buffer, in the window: the service's address. */
static uint64_t offset_of(unsigned buffer)
{
    return SHADOW_RING + (uint64_t)buffer * SHADOW_BUFFER;
}

static uint8_t *bytes_of(const struct virtio_mmio *device, unsigned buffer)
{
    return (uint8_t *)(uintptr_t)device->service->window + offset_of(buffer);
}

static void forget(void)
{
    virtio_queue_detach(&queue);
    memset(held, 0, sizeof(held));
}

static bool attach(struct virtio_mmio *device, uint32_t number)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&driver);

    return virtio_service_attach(device, number, &rings);
}

static bool start(struct virtio_mmio *device)
{
    const struct virtio_queue_setup setup = virtio_mmio_queue_setup(device, 0);
    const struct virtio_driver_setup ring = {
        .memory = (uint8_t *)(uintptr_t)device->service->window,
        .size = SHADOW_SIZE,
        .features = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX,
        .slots = slots,
    };
    enum virtio_error error = VIRTIO_OK;

    forget();
    virtio_service_detach(device);
    window = (struct virtio_window){BOARD_RAM, vm_ram_size(), (uint8_t *)(uintptr_t)config.ram.address};
    error = device->queue[0].ready ? virtio_queue_attach(&queue, &window, &setup) : VIRTIO_BAD_RING;
    if (error == VIRTIO_OK)
        error = virtio_driver_start(&driver, &ring);
    if (error == VIRTIO_OK && attach(device, 0))
        return true;
    log_line("the queue of the guest's %s: %s", device->name,
             error != VIRTIO_OK ? virtio_error_text(error) : "the service refuses it");
    forget();
    return false;
}

static void stop(struct virtio_mmio *device)
{
    virtio_service_detach(device);
    forget();
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

/* The chain's readable bytes go to the front of the buffer, what the service writes comes behind them. */
static enum virtio_error pass_on(const struct virtio_mmio *device, unsigned buffer)
{
    struct held *one = &held[buffer];
    uint8_t *bytes = bytes_of(device, buffer);
    uint32_t readable = (uint32_t)one->chain.readable_bytes;
    uint32_t writable = (uint32_t)one->chain.writable_bytes;
    struct virtio_buffer parts[2] = {{offset_of(buffer), readable}, {offset_of(buffer) + readable, writable}};
    uint16_t head = 0;
    enum virtio_error error = VIRTIO_OK;

    for (uint32_t s = 0; s < one->chain.readable; s++) {
        memcpy(bytes, one->segments[s].base, one->segments[s].length);
        bytes += one->segments[s].length;
    }
    error = virtio_driver_add(&driver, readable != 0 ? parts : parts + 1, readable != 0, writable != 0, &head);
    if (error != VIRTIO_OK)
        return error;
    buffer_of[head] = (uint8_t)buffer;
    one->busy = true;
    return VIRTIO_OK;
}

/* Takes chains of the guest's as long as there are buffers. */
static void serve(struct virtio_mmio *device)
{
    enum virtio_error error = VIRTIO_OK;

    for (unsigned buffer = 0; buffer < buffer_count(device) && error == VIRTIO_OK; buffer++) {
        struct held *one = &held[buffer];

        if (one->busy)
            continue;
        error = virtio_queue_take(&queue, &one->chain, one->segments, SEGMENTS);
        if (error == VIRTIO_OK && one->chain.readable_bytes + one->chain.writable_bytes > SHADOW_BUFFER) {
            virtio_queue_stop(&queue, VIRTIO_TOO_LONG);
            error = VIRTIO_TOO_LONG;
        }
        if (error == VIRTIO_OK)
            error = pass_on(device, buffer);
    }
    if (virtio_driver_kick(&driver))
        (void)quoll_notification_signal(device->service->notification, 1);
    fail(device, error);
}

static void give_back(const struct virtio_mmio *device, unsigned buffer, uint32_t written)
{
    struct held *one = &held[buffer];
    const uint8_t *bytes = bytes_of(device, buffer) + one->chain.readable_bytes;
    uint32_t left = written;

    for (uint32_t s = one->chain.readable; s < (uint32_t)one->chain.readable + one->chain.writable && left != 0; s++) {
        uint32_t length = one->segments[s].length < left ? one->segments[s].length : left;

        memcpy(one->segments[s].base, bytes, length);
        bytes += length;
        left -= length;
    }
    virtio_queue_complete(&queue, one->chain.head, written);
    one->busy = false;
}

static bool take(struct virtio_mmio *device)
{
    bool came = false;
    enum virtio_error error = VIRTIO_OK;
    uint16_t head = 0;
    uint32_t written = 0;

    if (!device->started || !virtio_queue_works(&queue))
        return false;
    for (unsigned i = 0; i < SHADOW_CHAINS_MAX && error == VIRTIO_OK; i++) {
        error = virtio_driver_take(&driver, &head, &written);
        if (error != VIRTIO_OK)
            break;
        give_back(device, buffer_of[head], written);
        came = true;
    }
    if (virtio_queue_signal(&queue))
        virtio_mmio_used(device);
    fail(device, error);
    serve(device);
    return came;
}

static void notify(struct virtio_mmio *device, uint32_t number)
{
    if (number == 0)
        serve(device);
}

const struct virtio_mmio_backend virtio_shadow = {start, stop, interrupt, notify, attach, take};
