/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio/mmio_driver.h"

#include <stdbool.h>

#include "virtio/mmio.h"

enum { RESET_PATIENCE = 1000000 };

static volatile uint32_t *at(const struct virtio_mmio_driver *device, uint32_t offset)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): registers stand at an address of the generated header */
    return (volatile uint32_t *)(device->registers + offset);
}

static uint32_t get(const struct virtio_mmio_driver *device, uint32_t offset)
{
    return *at(device, offset);
}

static void put(const struct virtio_mmio_driver *device, uint32_t offset, uint32_t value)
{
    *at(device, offset) = value;
}

static void put_address(const struct virtio_mmio_driver *device, uint32_t offset, uint64_t value)
{
    put(device, offset, (uint32_t)value);
    put(device, offset + 4, (uint32_t)(value >> 32));
}

/* Once status reads zero, the device touches no memory any more (virtio 1.2, 4.2.3.1.1). */
bool virtio_mmio_reset(const struct virtio_mmio_driver *device)
{
    put(device, VIRTIO_MMIO_STATUS, 0);
    for (unsigned i = 0; i < RESET_PATIENCE; i++)
        if (get(device, VIRTIO_MMIO_STATUS) == 0)
            return true;
    return false;
}

static bool negotiate(struct virtio_mmio_driver *device, uint64_t wanted)
{
    uint64_t offered = 0;

    for (uint32_t half = 0; half < 2; half++) {
        put(device, VIRTIO_MMIO_DEVICE_FEATURES_SELECT, half);
        offered |= (uint64_t)get(device, VIRTIO_MMIO_DEVICE_FEATURES) << (32 * half);
    }
    device->features = offered & wanted;
    for (uint32_t half = 0; half < 2; half++) {
        put(device, VIRTIO_MMIO_DRIVER_FEATURES_SELECT, half);
        put(device, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(device->features >> (32 * half)));
    }
    put(device, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK);
    return (device->features >> VIRTIO_F_VERSION_1 & 1) != 0 &&
           (get(device, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK) != 0;
}

const char *virtio_mmio_begin(struct virtio_mmio_driver *device, uint32_t device_id, uint64_t wanted)
{
    if (get(device, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE || get(device, VIRTIO_MMIO_DEVICE_ID) != device_id)
        return "there is no such virtio device";
    if (get(device, VIRTIO_MMIO_VERSION) != VIRTIO_MMIO_VERSION_VALUE)
        return "the virtio-mmio is a legacy one, of before virtio 1";
    if (!virtio_mmio_reset(device))
        return "the device does not let itself be reset";
    put(device, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
    put(device, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    return negotiate(device, wanted) ? NULL : "the device refuses its features";
}

const char *virtio_mmio_set_queue(const struct virtio_mmio_driver *device, uint32_t number,
                                  struct virtio_driver *driver, struct virtio_driver_setup setup)
{
    struct virtio_queue_setup rings = {0};

    setup.features = device->features;
    put(device, VIRTIO_MMIO_QUEUE_SELECT, number);
    if (get(device, VIRTIO_MMIO_QUEUE_SIZE_MAX) < setup.size)
        return "the device's queue is too short";
    if (virtio_driver_start(driver, &setup) != VIRTIO_OK)
        return "the memory for the queue is not aligned";
    rings = virtio_driver_queue(driver);
    put(device, VIRTIO_MMIO_QUEUE_SIZE, rings.size);
    put_address(device, VIRTIO_MMIO_QUEUE_DESCRIPTORS, rings.descriptors);
    put_address(device, VIRTIO_MMIO_QUEUE_DRIVER, rings.available);
    put_address(device, VIRTIO_MMIO_QUEUE_DEVICE, rings.used);
    put(device, VIRTIO_MMIO_QUEUE_READY, 1);
    return NULL;
}

uint32_t virtio_mmio_config(const struct virtio_mmio_driver *device, uint32_t offset)
{
    return get(device, VIRTIO_MMIO_CONFIG_SPACE + offset);
}

uint32_t virtio_mmio_config_generation(const struct virtio_mmio_driver *device)
{
    return get(device, VIRTIO_MMIO_CONFIG_GENERATION);
}

void virtio_mmio_go(const struct virtio_mmio_driver *device)
{
    put(device, VIRTIO_MMIO_STATUS,
        VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
}

void virtio_mmio_kick(const struct virtio_mmio_driver *device, uint32_t number, struct virtio_driver *driver)
{
    if (virtio_driver_kick(driver))
        put(device, VIRTIO_MMIO_QUEUE_NOTIFY, number);
}

void virtio_mmio_clear(const struct virtio_mmio_driver *device)
{
    put(device, VIRTIO_MMIO_INTERRUPT_ACK, get(device, VIRTIO_MMIO_INTERRUPT_STATUS));
}
