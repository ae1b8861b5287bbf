/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "device.h"

#include <stddef.h>
#include <string.h>

#define WANTED                                                                                                     \
    (UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX | UINT64_C(1) << VIRTIO_BLOCK_F_FLUSH | \
     UINT64_C(1) << VIRTIO_BLOCK_F_DISCARD | UINT64_C(1) << VIRTIO_BLOCK_F_RO |                                    \
     UINT64_C(1) << VIRTIO_F_INDIRECT_DESC | UINT64_C(1) << VIRTIO_BLOCK_F_SEG_MAX)

static uint32_t config(const struct device *device, size_t offset)
{
    return virtio_mmio_config(&device->mmio, (uint32_t)offset);
}

static bool has(const struct device *device, unsigned bit)
{
    return (device->mmio.features >> bit & 1) != 0;
}

/* Without tables, every slot still has the three descriptors of a piece in one buffer. */
static unsigned buffers_max(const struct device *device, uint32_t seg_max)
{
    if (!has(device, VIRTIO_F_INDIRECT_DESC) || !has(device, VIRTIO_BLOCK_F_SEG_MAX) || seg_max == 0)
        return 1;
    return seg_max < PIECE_BUFFERS_MAX ? seg_max : PIECE_BUFFERS_MAX;
}

static void read_config(struct device *device)
{
    uint32_t generation = 0;
    uint32_t seg_max = 0;

    do {
        generation = virtio_mmio_config_generation(&device->mmio);
        device->sectors = config(device, 0);
        device->sectors |= (uint64_t)config(device, 4) << 32;
        seg_max = config(device, offsetof(struct virtio_block_config, seg_max));
        device->discard_max = config(device, offsetof(struct virtio_block_config, discard_sectors_max));
    } while (generation != virtio_mmio_config_generation(&device->mmio));
    if (!has(device, VIRTIO_BLOCK_F_DISCARD))
        device->discard_max = 0;
    device->buffers_max = buffers_max(device, seg_max);
}

const char *device_start(struct device *device)
{
    const struct virtio_driver_setup setup = {.memory = device->memory,
                                              .address = device->physical,
                                              .size = LAYOUT_QUEUE_SIZE,
                                              .table = LAYOUT_TABLE,
                                              .slots = device->descriptors};
    const char *complaint = virtio_mmio_begin(&device->mmio, VIRTIO_BLOCK_ID, WANTED);

    if (complaint == NULL)
        complaint = virtio_mmio_set_queue(&device->mmio, 0, &device->driver, setup);
    if (complaint != NULL)
        return complaint;
    read_config(device);
    virtio_mmio_go(&device->mmio);
    return NULL;
}

bool device_stop(struct device *device)
{
    return virtio_mmio_reset(&device->mmio);
}

bool device_submit(struct device *device, unsigned slot, struct piece *piece)
{
    const struct virtio_block_header header = {.type = piece->type, .sector = piece->sector};
    const uint16_t count = (uint16_t)(piece->count + 2);
    const uint16_t readable = piece->type == VIRTIO_BLOCK_IN ? 1 : (uint16_t)(count - 1);
    uint16_t head = 0;

    memcpy(device->memory + LAYOUT_HEADERS + slot * sizeof(header), &header, sizeof(header));
    device->memory[LAYOUT_STATUSES + slot] = UINT8_MAX;
    piece->buffers[0] =
        (struct virtio_buffer){device->physical + LAYOUT_HEADERS + slot * sizeof(header), sizeof(header)};
    piece->buffers[count - 1] = (struct virtio_buffer){device->physical + LAYOUT_STATUSES + slot, 1};
    if (virtio_driver_add(&device->driver, piece->buffers, readable, (uint16_t)(count - readable), &head) != VIRTIO_OK)
        return false;
    device->slot_of[head] = (uint8_t)slot;
    return true;
}

void device_kick(struct device *device)
{
    virtio_mmio_kick(&device->mmio, 0, &device->driver);
}

enum virtio_error device_take(struct device *device, unsigned *slot, uint8_t *status)
{
    uint16_t head = 0;
    uint32_t written = 0;
    enum virtio_error error = virtio_driver_take(&device->driver, &head, &written);

    if (error != VIRTIO_OK)
        return error;
    *slot = device->slot_of[head];
    *status = *(const volatile uint8_t *)&device->memory[LAYOUT_STATUSES + *slot];
    return VIRTIO_OK;
}
