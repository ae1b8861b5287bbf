/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "device.h"

#include <stddef.h>
#include <string.h>

#define WANTED                                                                                                     \
    (UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX | UINT64_C(1) << VIRTIO_BLOCK_F_FLUSH | \
     UINT64_C(1) << VIRTIO_BLOCK_F_DISCARD | UINT64_C(1) << VIRTIO_BLOCK_F_RO)

static uint32_t config(const struct device *device, size_t offset)
{
    return virtio_mmio_config(&device->mmio, (uint32_t)offset);
}

static void read_config(struct device *device)
{
    uint32_t generation = 0;

    do {
        generation = virtio_mmio_config_generation(&device->mmio);
        device->sectors = config(device, 0);
        device->sectors |= (uint64_t)config(device, 4) << 32;
        device->discard_max = config(device, offsetof(struct virtio_block_config, discard_sectors_max));
    } while (generation != virtio_mmio_config_generation(&device->mmio));
    if ((device->mmio.features >> VIRTIO_BLOCK_F_DISCARD & 1) == 0)
        device->discard_max = 0;
}

const char *device_start(struct device *device)
{
    const struct virtio_driver_setup setup = {
        .memory = device->memory, .address = device->physical, .size = LAYOUT_QUEUE_SIZE, .slots = device->descriptors};
    const char *complaint = virtio_mmio_begin(&device->mmio, VIRTIO_BLOCK_ID, WANTED);

    if (complaint == NULL)
        complaint = virtio_mmio_set_queue(&device->mmio, 0, &device->driver, setup);
    if (complaint != NULL)
        return complaint;
    read_config(device);
    virtio_mmio_go(&device->mmio);
    return NULL;
}

bool device_submit(struct device *device, unsigned slot, const struct piece *piece)
{
    const struct virtio_block_header header = {.type = piece->type, .sector = piece->sector};
    const struct virtio_buffer data = {device->physical + LAYOUT_DATA + (uint64_t)slot * PIECE_BYTES, piece->bytes};
    uint16_t head = 0;

    memcpy(device->memory + LAYOUT_HEADERS + slot * sizeof(header), &header, sizeof(header));
    device->memory[LAYOUT_STATUSES + slot] = UINT8_MAX;
    if (virtio_block_add(&device->driver, device->physical + LAYOUT_HEADERS + slot * sizeof(header), data,
                         piece->type == VIRTIO_BLOCK_IN, device->physical + LAYOUT_STATUSES + slot, &head) != VIRTIO_OK)
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
