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
#include "virtio/ring.h"

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
    device->failing = device->started && absence != NULL && absence->answer != NULL;
    log_line("the guest's %s has had no service for %u s%s%s", device->name,
             (unsigned)(SERVICE_PATIENCE_NS / 1000000000), absence != NULL ? ": " : "",
             absence != NULL ? absence->text : "");
    if (device->failing)
        device->backend->take_over(device);
    if (absence != NULL && absence->tell != NULL)
        absence->tell(device, true);
    if (device->failing)
        virtio_absent_answer(device);
}

bool virtio_absent_next(struct virtio_mmio *device, uint32_t queue, struct virtio_absent_chain *next)
{
    return device->backend->next(device, queue, &next->chain, &next->segments);
}

void virtio_absent_done(struct virtio_mmio *device, uint32_t queue, const struct virtio_absent_chain *done,
                        uint32_t written)
{
    virtio_queue_complete(device->backend->queue(device, queue), done->chain.head, written);
}

void virtio_absent_answer(struct virtio_mmio *device)
{
    enum virtio_error error = VIRTIO_OK;
    bool signal = false;

    device->absence->answer(device);
    for (uint32_t i = 0; i < device->queue_count; i++) {
        struct virtio_queue *queue = device->backend->queue(device, i);

        signal = virtio_queue_signal(queue) || signal;
        if (!virtio_queue_works(queue) && queue->error != VIRTIO_DETACHED)
            error = queue->error;
    }
    if (signal)
        virtio_mmio_used(device);
    if (error == VIRTIO_OK || (device->status & VIRTIO_STATUS_NEEDS_RESET) != 0)
        return;
    log_line("the guest's %s needs a reset: %s", device->name, virtio_error_text(error));
    virtio_mmio_fail(device);
}
