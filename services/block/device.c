/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "device.h"

#include <stddef.h>
#include <string.h>

#include "virtio/mmio.h"

enum { RESET_PATIENCE = 1000000 };

#define WANTED                                                                                                     \
    (UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX | UINT64_C(1) << VIRTIO_BLOCK_F_FLUSH | \
     UINT64_C(1) << VIRTIO_BLOCK_F_DISCARD | UINT64_C(1) << VIRTIO_BLOCK_F_RO)

static volatile uint32_t *at(const struct device *device, uint32_t offset)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): registers stand at an address of the generated header */
    return (volatile uint32_t *)(device->registers + offset);
}

static uint32_t get(const struct device *device, uint32_t offset)
{
    return *at(device, offset);
}

static void put(const struct device *device, uint32_t offset, uint32_t value)
{
    *at(device, offset) = value;
}

static void put_address(const struct device *device, uint32_t offset, uint64_t value)
{
    put(device, offset, (uint32_t)value);
    put(device, offset + 4, (uint32_t)(value >> 32));
}

/* Once status reads zero, the device touches no memory any more (virtio 1.2, 4.2.3.1.1). */
static bool reset(const struct device *device)
{
    put(device, VIRTIO_MMIO_STATUS, 0);
    for (unsigned i = 0; i < RESET_PATIENCE; i++)
        if (get(device, VIRTIO_MMIO_STATUS) == 0)
            return true;
    return false;
}

static bool negotiate(struct device *device)
{
    uint64_t offered = 0;

    for (uint32_t half = 0; half < 2; half++) {
        put(device, VIRTIO_MMIO_DEVICE_FEATURES_SELECT, half);
        offered |= (uint64_t)get(device, VIRTIO_MMIO_DEVICE_FEATURES) << (32 * half);
    }
    device->features = offered & WANTED;
    for (uint32_t half = 0; half < 2; half++) {
        put(device, VIRTIO_MMIO_DRIVER_FEATURES_SELECT, half);
        put(device, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(device->features >> (32 * half)));
    }
    put(device, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK);
    return (device->features >> VIRTIO_F_VERSION_1 & 1) != 0 &&
           (get(device, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK) != 0;
}

static void read_config(struct device *device)
{
    uint32_t generation = 0;

    do {
        generation = get(device, VIRTIO_MMIO_CONFIG_GENERATION);
        device->sectors = get(device, VIRTIO_MMIO_CONFIG_SPACE);
        device->sectors |= (uint64_t)get(device, VIRTIO_MMIO_CONFIG_SPACE + 4) << 32;
        device->discard_max =
            get(device, VIRTIO_MMIO_CONFIG_SPACE + (uint32_t)offsetof(struct virtio_block_config, discard_sectors_max));
    } while (generation != get(device, VIRTIO_MMIO_CONFIG_GENERATION));
    if ((device->features >> VIRTIO_BLOCK_F_DISCARD & 1) == 0)
        device->discard_max = 0;
}

static bool set_queue(struct device *device)
{
    const struct virtio_driver_setup setup = {device->memory,   device->physical,   LAYOUT_QUEUE_SIZE, 0,
                                              device->features, device->descriptors};
    struct virtio_queue_setup rings = {0};

    put(device, VIRTIO_MMIO_QUEUE_SELECT, 0);
    if (get(device, VIRTIO_MMIO_QUEUE_SIZE_MAX) < LAYOUT_QUEUE_SIZE ||
        virtio_driver_start(&device->driver, &setup) != VIRTIO_OK)
        return false;
    rings = virtio_driver_queue(&device->driver);
    put(device, VIRTIO_MMIO_QUEUE_SIZE, rings.size);
    put_address(device, VIRTIO_MMIO_QUEUE_DESCRIPTORS, rings.descriptors);
    put_address(device, VIRTIO_MMIO_QUEUE_DRIVER, rings.available);
    put_address(device, VIRTIO_MMIO_QUEUE_DEVICE, rings.used);
    put(device, VIRTIO_MMIO_QUEUE_READY, 1);
    return true;
}

const char *device_start(struct device *device)
{
    if (get(device, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE ||
        get(device, VIRTIO_MMIO_DEVICE_ID) != VIRTIO_BLOCK_ID)
        return "there is no virtio-blk";
    if (get(device, VIRTIO_MMIO_VERSION) != VIRTIO_MMIO_VERSION_VALUE)
        return "the virtio-mmio is a legacy one, of before virtio 1";
    if (!reset(device))
        return "the device does not let itself be reset";
    put(device, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
    put(device, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    if (!negotiate(device))
        return "the device refuses its features";
    if (!set_queue(device))
        return "the device's queue is too short";
    read_config(device);
    put(device, VIRTIO_MMIO_STATUS,
        VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
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
    if (virtio_driver_kick(&device->driver))
        put(device, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
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

void device_clear(struct device *device)
{
    put(device, VIRTIO_MMIO_INTERRUPT_ACK, get(device, VIRTIO_MMIO_INTERRUPT_STATUS));
}
