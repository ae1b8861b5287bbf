/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The queues of a virtio-console, run by the VMM for a serial that may not see the guest's memory. Each byte of a
 * buffer is read once, on its way into a message. How much one doorbell can ask for is bounded by the size of a queue
 * and by CHAIN_BYTES_MAX.
 */
#include <string.h>

#include "config.h"
#include "console.h"
#include "rt/console.h"
#include "virtio/queue.h"
#include "virtio_console.h"
#include "virtio_service.h"
#include "vm.h"

enum { SEGMENTS = 16, CHAIN_BYTES_MAX = 0x10000 };

static struct virtio_window window;
static struct virtio_queue queues[CONSOLE_QUEUE_COUNT];

/* Input that serial gave and no buffer had room for yet. */
static uint8_t waiting[CONSOLE_BYTES_MAX];
static uint32_t waiting_first, waiting_end;

static void forget(void)
{
    for (uint32_t i = 0; i < CONSOLE_QUEUE_COUNT; i++)
        virtio_queue_detach(&queues[i]);
    waiting_first = 0;
    waiting_end = 0;
}

static bool start(struct virtio_mmio *device)
{
    forget();
    window = (struct virtio_window){BOARD_RAM, vm_ram_size(), (uint8_t *)(uintptr_t)config.ram.address};
    for (uint32_t i = 0; i < CONSOLE_QUEUE_COUNT; i++) {
        const struct virtio_queue_setup setup = virtio_mmio_queue_setup(device, i);
        enum virtio_error error = device->queue[i].ready ? virtio_queue_attach(&queues[i], &window, &setup) : VIRTIO_OK;

        if (error != VIRTIO_OK) {
            log_line("queue %u of the guest's console: %s", i, virtio_error_text(error));
            forget();
            return false;
        }
    }
    return true;
}

static void stop(struct virtio_mmio *device)
{
    (void)device;
    forget();
}

static void interrupt(struct virtio_mmio *device, bool raise)
{
    if (raise)
        virtio_service_interrupt(device);
}

/* The queue has stopped, or not; when it has, the guest is told. */
static void after(struct virtio_mmio *device, struct virtio_queue *queue, enum virtio_error error, bool used)
{
    if (used && virtio_queue_signal(queue))
        virtio_mmio_used(device);
    if (error == VIRTIO_OK || error == VIRTIO_EMPTY || error == VIRTIO_DETACHED ||
        (device->status & VIRTIO_STATUS_NEEDS_RESET) != 0)
        return;
    log_line("the guest's console needs a reset: %s", virtio_error_text(error));
    virtio_mmio_fail(device);
}

static void print(const struct virtio_segment *segment)
{
    uint8_t bytes[CONSOLE_BYTES_MAX] = {0};

    for (uint32_t done = 0; done < segment->length;) {
        uint32_t length = segment->length - done < sizeof(bytes) ? segment->length - done : sizeof(bytes);

        memcpy(bytes, segment->base + done, length);
        console_output(bytes, length);
        done += length;
    }
}

static void transmit(struct virtio_mmio *device)
{
    struct virtio_queue *queue = &queues[CONSOLE_QUEUE_TRANSMIT];
    struct virtio_segment segments[SEGMENTS];
    struct virtio_chain chain = {0};
    enum virtio_error error = VIRTIO_OK;
    bool used = false;

    for (uint32_t i = 0; i < queue->size && error == VIRTIO_OK; i++) {
        error = virtio_queue_take(queue, &chain, segments, SEGMENTS);
        if (error == VIRTIO_OK && chain.readable_bytes > CHAIN_BYTES_MAX)
            error = VIRTIO_TOO_LONG;
        if (error != VIRTIO_OK)
            break;
        for (uint32_t s = 0; s < chain.readable; s++)
            print(&segments[s]);
        virtio_queue_complete(queue, chain.head, 0);
        used = true;
    }
    after(device, queue, error, used);
}

static bool input_waits(void)
{
    if (waiting_first != waiting_end)
        return true;
    waiting_first = 0;
    waiting_end = (uint32_t)console_read((char *)waiting, sizeof(waiting));
    return waiting_end != 0;
}

/* Fills a chain from `waiting`; answers how much went in. */
static uint32_t fill(const struct virtio_chain *chain, const struct virtio_segment *segments)
{
    uint32_t written = 0;

    for (uint32_t s = chain->readable; s < (uint32_t)chain->readable + chain->writable; s++) {
        uint32_t left = waiting_end - waiting_first;
        uint32_t length = segments[s].length < left ? segments[s].length : left;

        memcpy(segments[s].base, waiting + waiting_first, length);
        waiting_first += length;
        written += length;
    }
    return written;
}

void virtio_console_take_input(struct virtio_mmio *device)
{
    struct virtio_queue *queue = &queues[CONSOLE_QUEUE_RECEIVE];
    struct virtio_segment segments[SEGMENTS];
    struct virtio_chain chain = {0};
    enum virtio_error error = VIRTIO_OK;
    bool used = false;

    for (uint32_t i = 0; i < queue->size && input_waits(); i++) {
        error = virtio_queue_take(queue, &chain, segments, SEGMENTS);
        if (error != VIRTIO_OK)
            break;
        virtio_queue_complete(queue, chain.head, fill(&chain, segments));
        used = true;
    }
    after(device, queue, error, used);
}

bool virtio_console_wants_input(const struct virtio_mmio *device)
{
    return !config.device[VM_CONSOLE].trusted && device->started && virtio_queue_works(&queues[CONSOLE_QUEUE_RECEIVE]);
}

static void notify(struct virtio_mmio *device, uint32_t queue)
{
    if (queue == CONSOLE_QUEUE_TRANSMIT)
        transmit(device);
    else if (queue == CONSOLE_QUEUE_RECEIVE && virtio_console_wants_input(device))
        virtio_console_take_input(device);
}

const struct virtio_mmio_backend virtio_console_copied = {
    .start = start, .stop = stop, .interrupt = interrupt, .notify = notify};
