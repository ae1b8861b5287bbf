/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_entropy.h"

#include "services/entropy/protocol.h"
#include "virtio/entropy.h"
#include "virtio_absent.h"
#include "virtio_service.h"
#include "virtio_shadow.h"

enum { COPIED_BYTES = 4096, COPIED_CHAINS = 8, COPIED_SEGMENTS = 4 };

static struct virtio_shadow_chain held[COPIED_CHAINS];
static struct virtio_segment in_guest[COPIED_CHAINS * COPIED_SEGMENTS];
static struct virtio_shadow_queue copied = {
    .bytes = COPIED_BYTES,
    .chains = COPIED_CHAINS,
    .segments = COPIED_SEGMENTS,
    .held = held,
    .in_guest = in_guest,
};

/* A virtio-rng has no answer that says so (virtio 1.2, 5.4.6): a guest's reader waits, and can be ended. */
static const struct virtio_absence absence = {.text = "its requests wait"};

void virtio_entropy_init(struct virtio_mmio *device)
{
    struct quoll_message message = {.word = {ENTROPY_QUEUES}};

    *device = (struct virtio_mmio){
        .name = "entropy device",
        .copied = &copied,
        .absence = &absence,
        .queue_count = 1,
        .queue_size_max = ENTROPY_QUEUE_SIZE_MAX,
    };
    if (!virtio_service_open(device, VM_ENTROPY, &message))
        return;
    device->device_id = VIRTIO_ENTROPY_ID;
}
