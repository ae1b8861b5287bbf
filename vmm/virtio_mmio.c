/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio_mmio.h"

#include <string.h>

#include "virtio/ring.h"

enum { VENDOR = 0x4c4c4f51 /* "QOLL" */ };

static struct virtio_mmio_queue *selected(struct virtio_mmio *device)
{
    return device->queue_select < device->queue_count ? &device->queue[device->queue_select] : NULL;
}

void virtio_mmio_reset(struct virtio_mmio *device)
{
    if (device->started)
        device->backend->stop(device);
    device->started = false;
    device->failing = false;
    device->status = 0;
    device->offered_select = 0;
    device->accepted_select = 0;
    device->queue_select = 0;
    device->accepted = 0;
    device->interrupt_status = 0;
    memset(device->queue, 0, sizeof(device->queue));
}

void virtio_mmio_config_changed(struct virtio_mmio *device)
{
    device->config_generation++;
    device->interrupt_status |= VIRTIO_INTERRUPT_CONFIG;
    device->backend->interrupt(device, true);
}

void virtio_mmio_used(struct virtio_mmio *device)
{
    device->interrupt_status |= VIRTIO_INTERRUPT_QUEUE;
    device->backend->interrupt(device, true);
}

struct virtio_queue_setup virtio_mmio_queue_setup(const struct virtio_mmio *device, uint32_t number)
{
    const struct virtio_mmio_queue *queue = &device->queue[number];

    return (struct virtio_queue_setup){
        .size = queue->size,
        .descriptors = queue->descriptors,
        .available = queue->driver,
        .used = queue->device,
        .features = device->accepted,
    };
}

void virtio_mmio_fail(struct virtio_mmio *device)
{
    device->status |= VIRTIO_STATUS_NEEDS_RESET;
    if ((device->status & VIRTIO_STATUS_DRIVER_OK) != 0)
        virtio_mmio_config_changed(device);
}

static uint64_t read_config(const struct virtio_mmio *device, uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < size && offset + i < device->config_size; i++)
        value |= (uint64_t)device->config[offset + i] << (8 * i);
    return value;
}

static uint32_t read_queue(const struct virtio_mmio *device, uint32_t offset)
{
    const struct virtio_mmio_queue *queue =
        device->queue_select < device->queue_count ? &device->queue[device->queue_select] : NULL;

    if (queue == NULL)
        return 0;
    return offset == VIRTIO_MMIO_QUEUE_READY ? queue->ready : device->queue_size_max;
}

uint64_t virtio_mmio_read(const struct virtio_mmio *device, uint32_t offset, uint32_t size)
{
    if (offset >= VIRTIO_MMIO_CONFIG_SPACE)
        return read_config(device, offset - VIRTIO_MMIO_CONFIG_SPACE, size);
    if (size != 4)
        return 0;
    switch (offset) {
    case VIRTIO_MMIO_MAGIC:
        return VIRTIO_MMIO_MAGIC_VALUE;
    case VIRTIO_MMIO_VERSION:
        return VIRTIO_MMIO_VERSION_VALUE;
    case VIRTIO_MMIO_DEVICE_ID:
        return device->device_id;
    case VIRTIO_MMIO_VENDOR_ID:
        return VENDOR;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        return device->offered_select < 2 ? (uint32_t)(device->offered >> (32 * device->offered_select)) : 0;
    case VIRTIO_MMIO_QUEUE_SIZE_MAX:
    case VIRTIO_MMIO_QUEUE_READY:
        return read_queue(device, offset);
    case VIRTIO_MMIO_INTERRUPT_STATUS:
        return device->interrupt_status;
    case VIRTIO_MMIO_STATUS:
        return device->status;
    case VIRTIO_MMIO_SHM_LENGTH_LOW: /* no shared memory regions: length and base are all ones */
    case VIRTIO_MMIO_SHM_LENGTH_HIGH:
    case VIRTIO_MMIO_SHM_BASE_LOW:
    case VIRTIO_MMIO_SHM_BASE_HIGH:
        return UINT32_MAX;
    case VIRTIO_MMIO_CONFIG_GENERATION:
        return device->config_generation;
    default:
        return 0;
    }
}

static bool features_acceptable(const struct virtio_mmio *device)
{
    return (device->accepted & ~device->offered) == 0 && (device->accepted >> VIRTIO_F_VERSION_1 & 1) != 0;
}

/* virtio 1.2, 3.1.1: bits are only added, zero resets. */
static void write_status(struct virtio_mmio *device, uint32_t value)
{
    uint32_t added = value & ~device->status;

    if (value == 0) {
        virtio_mmio_reset(device);
        return;
    }
    if ((added & VIRTIO_STATUS_FEATURES_OK) != 0 && !features_acceptable(device))
        added &= ~(uint32_t)VIRTIO_STATUS_FEATURES_OK;
    added &= VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_FEATURES_OK |
             VIRTIO_STATUS_FAILED;
    device->status |= added;
    if ((added & VIRTIO_STATUS_DRIVER_OK) == 0)
        return;
    if ((device->status & VIRTIO_STATUS_FEATURES_OK) != 0 && device->backend->start(device))
        device->started = true;
    else
        virtio_mmio_fail(device);
}

static void write_features(struct virtio_mmio *device, uint32_t value)
{
    uint32_t shift = 32 * device->accepted_select;

    if (device->accepted_select < 2 && (device->status & VIRTIO_STATUS_FEATURES_OK) == 0)
        device->accepted = (device->accepted & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static void write_half(uint64_t *address, uint32_t offset, uint32_t value)
{
    uint32_t shift = (offset & 4) != 0 ? 32 : 0;

    *address = (*address & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

/* A queue that is ready keeps its addresses; one that the backend serves is let go by a reset of the device alone. */
static void write_queue(struct virtio_mmio *device, uint32_t offset, uint32_t value)
{
    struct virtio_mmio_queue *queue = selected(device);

    if (queue == NULL || device->started)
        return;
    if (offset == VIRTIO_MMIO_QUEUE_READY) {
        queue->ready = (value & 1) != 0;
        return;
    }
    if (queue->ready)
        return;
    switch (offset & ~4U) {
    case VIRTIO_MMIO_QUEUE_SIZE & ~4U:
        queue->size = value;
        break;
    case VIRTIO_MMIO_QUEUE_DESCRIPTORS:
        write_half(&queue->descriptors, offset, value);
        break;
    case VIRTIO_MMIO_QUEUE_DRIVER:
        write_half(&queue->driver, offset, value);
        break;
    default:
        write_half(&queue->device, offset, value);
        break;
    }
}

static void acknowledge(struct virtio_mmio *device, uint32_t value)
{
    uint32_t before = device->interrupt_status;

    device->interrupt_status &= ~value;
    if (device->interrupt_status != before)
        device->backend->interrupt(device, false);
}

void virtio_mmio_write(struct virtio_mmio *device, uint32_t offset, uint32_t size, uint64_t value)
{
    uint32_t word = (uint32_t)value;

    if (size != 4)
        return;
    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_SELECT:
        device->offered_select = word;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        write_features(device, word);
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES_SELECT:
        device->accepted_select = word;
        break;
    case VIRTIO_MMIO_QUEUE_SELECT:
        device->queue_select = word;
        break;
    case VIRTIO_MMIO_QUEUE_SIZE:
    case VIRTIO_MMIO_QUEUE_READY:
    case VIRTIO_MMIO_QUEUE_DESCRIPTORS:
    case VIRTIO_MMIO_QUEUE_DESCRIPTORS + 4:
    case VIRTIO_MMIO_QUEUE_DRIVER:
    case VIRTIO_MMIO_QUEUE_DRIVER + 4:
    case VIRTIO_MMIO_QUEUE_DEVICE:
    case VIRTIO_MMIO_QUEUE_DEVICE + 4:
        write_queue(device, offset, word);
        break;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        acknowledge(device, word);
        break;
    case VIRTIO_MMIO_STATUS:
        write_status(device, word);
        break;
    case VIRTIO_MMIO_QUEUE_NOTIFY:
        if (device->started && device->backend->notify != NULL)
            device->backend->notify(device, word);
        break;
    default: /* the configuration is read-only */
        break;
    }
}
