/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_console.h"

#include "config.h"
#include "services/serial/protocol.h"
#include "virtio/ring.h"
#include "virtio_absent.h"
#include "virtio_service.h"

enum { DEVICE_ID_CONSOLE = 3 };

/* Linux waits for what it has written with interrupts off: it would stand still until the service is there again. */
static void lose_output(struct virtio_mmio *device)
{
    const uint32_t most = device->queue[CONSOLE_QUEUE_TRANSMIT].size;
    struct virtio_absent_chain output = {0};

    for (uint32_t i = 0; i < most && virtio_absent_next(device, CONSOLE_QUEUE_TRANSMIT, &output); i++)
        virtio_absent_done(device, CONSOLE_QUEUE_TRANSMIT, &output, 0);
}

static const struct virtio_absence absence = {.text = "its output is lost", .answer = lose_output};

void virtio_console_init(struct virtio_mmio *device)
{
    *device = (struct virtio_mmio){
        .name = "console",
        .service = &config.device[VM_CONSOLE],
        .backend = config.device[VM_CONSOLE].trusted ? &virtio_direct : &virtio_console_copied,
        .device_id = DEVICE_ID_CONSOLE,
        .absence = &absence,
        .queue_count = CONSOLE_QUEUE_COUNT,
        .queue_size_max = CONSOLE_QUEUE_SIZE_MAX,
        .offered = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX |
                   UINT64_C(1) << VIRTIO_F_INDIRECT_DESC,
        /* cols, rows, max_nr_ports and emerg_wr, of which no feature offers any */
        .config_size = 12,
    };
    /* Of a VMM before this one. */
    if (config.device[VM_CONSOLE].trusted)
        virtio_service_detach(device);
}
