/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_absent.h"

#include <stddef.h>

#include "console.h"
#include "rt/time.h"
#include "service/ask.h"
#include "timer.h"
#include "virtio/block.h"

void virtio_absent_heard(struct virtio_mmio *device, bool answered)
{
    if (!answered) {
        if (device->silent_since != 0)
            return;
        device->silent_since = time_ticks();
        timer_after(SERVICE_PATIENCE_NS);
        return;
    }
    device->silent_since = 0;
    if (!device->told_absent)
        return;
    device->told_absent = false;
    device->failing = false;
    log_line("the guest's %s has its service again", device->name);
    if (device->absence != NULL && device->absence->tell != NULL)
        device->absence->tell(device, false);
}

void virtio_absent_check(struct virtio_mmio *device)
{
    const struct virtio_absence *absence = device->absence;
    uint64_t silent = time_ticks() - device->silent_since;

    if (device->silent_since == 0 || device->told_absent)
        return;
    if (silent < time_ns_to_ticks(SERVICE_PATIENCE_NS)) {
        timer_after(SERVICE_PATIENCE_NS - time_ticks_to_ns(silent));
        return;
    }
    device->told_absent = true;
    device->failing = device->started && absence != NULL && absence->fails && device->backend->fail != NULL;
    log_line("the guest's %s has had no service for %u s%s%s", device->name,
             (unsigned)(SERVICE_PATIENCE_NS / 1000000000), absence != NULL ? ": " : "",
             absence != NULL ? absence->text : "");
    if (device->failing)
        device->backend->fail(device);
    if (absence != NULL && absence->tell != NULL)
        absence->tell(device, true);
}

void virtio_absent_answer(struct virtio_queue *queue, const struct virtio_chain *chain,
                          const struct virtio_segment *segments)
{
    /* The status is the last byte that the device writes (virtio 1.2, 5.2.6); none of those before it were written. */
    for (uint32_t s = (uint32_t)chain->readable + chain->writable; s > chain->readable; s--)
        if (segments[s - 1].length != 0) {
            *(volatile uint8_t *)(segments[s - 1].base + segments[s - 1].length - 1) = VIRTIO_BLOCK_ERROR;
            break;
        }
    virtio_queue_complete(queue, chain->head, 0);
}

void virtio_absent_answer_all(struct virtio_mmio *device, struct virtio_queue *queue, struct virtio_segment *segments,
                              uint32_t segments_max)
{
    struct virtio_chain chain = {0};

    for (uint32_t i = 0; i < queue->size; i++) {
        if (virtio_queue_take(queue, &chain, segments, segments_max) != VIRTIO_OK)
            break;
        virtio_absent_answer(queue, &chain, segments);
    }
    if (virtio_queue_signal(queue))
        virtio_mmio_used(device);
}
