/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver.h"

#include "guest.h"
#include "lib/virtio/mmio.h"

#define all_rings ((volatile struct queue *)GUEST_RINGS)

static volatile uint32_t *transport(const struct device *device, uint32_t offset)
{
    return (volatile uint32_t *)(device->registers + offset);
}

/* Each device has QUEUES of them, by its slot. */
volatile struct queue *queue_of(const struct device *device, unsigned queue)
{
    return &all_rings[(device->registers - GUEST_DISK) / 0x200 * QUEUES + queue];
}

volatile struct rings *rings_of(const struct device *device, unsigned queue)
{
    return &queue_of(device, queue)->place[device->place];
}

static void set_address(const struct device *device, uint32_t low, const volatile void *address)
{
    *transport(device, low) = (uint32_t)(uintptr_t)address;
    *transport(device, low + 4) = (uint32_t)((uintptr_t)address >> 32);
}

void device_reset(struct device *device)
{
    *transport(device, VIRTIO_MMIO_STATUS) = 0;
}

static void begin_queue(struct device *device, unsigned queue)
{
    volatile struct rings *rings = rings_of(device, queue);

    rings->available[0] = VIRTIO_AVAILABLE_NO_INTERRUPT;
    rings->available[1] = 0;
    rings->used[0] = 0;
    device->seen[queue] = 0;
    *transport(device, VIRTIO_MMIO_QUEUE_SELECT) = queue;
    *transport(device, VIRTIO_MMIO_QUEUE_SIZE) = RING;
    set_address(device, VIRTIO_MMIO_QUEUE_DESCRIPTORS, rings->descriptors);
    set_address(device, VIRTIO_MMIO_QUEUE_DRIVER, rings->available);
    set_address(device, VIRTIO_MMIO_QUEUE_DEVICE, rings->used);
    *transport(device, VIRTIO_MMIO_QUEUE_READY) = 1;
}

void device_begin(struct device *device)
{
    const uint32_t known = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

    device_reset(device);
    device->place = any() & 1;
    *transport(device, VIRTIO_MMIO_STATUS) = known;
    *transport(device, VIRTIO_MMIO_DRIVER_FEATURES_SELECT) = 0;
    *transport(device, VIRTIO_MMIO_DRIVER_FEATURES) = 1U << VIRTIO_F_INDIRECT_DESC | device->features;
    *transport(device, VIRTIO_MMIO_DRIVER_FEATURES_SELECT) = 1;
    *transport(device, VIRTIO_MMIO_DRIVER_FEATURES) = 1;
    *transport(device, VIRTIO_MMIO_STATUS) = known | VIRTIO_STATUS_FEATURES_OK;
    for (unsigned i = 0; i < device->queues; i++)
        begin_queue(device, i);
    *transport(device, VIRTIO_MMIO_STATUS) = known | VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK;
}

bool device_works(const struct device *device)
{
    return (*transport(device, VIRTIO_MMIO_STATUS) & (VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_NEEDS_RESET)) ==
           VIRTIO_STATUS_DRIVER_OK;
}

uint16_t waiting(const struct device *device, unsigned queue)
{
    volatile struct rings *rings = rings_of(device, queue);

    return (uint16_t)(rings->available[1] - (rings->used[0] >> 16));
}

bool take(struct device *device, unsigned queue, unsigned *head)
{
    volatile struct rings *rings = rings_of(device, queue);
    uint16_t seen = device->seen[queue];

    if ((uint16_t)(rings->used[0] >> 16) == seen)
        return false;
    virtio_read_barrier();
    *head = rings->used[1 + 2 * (seen % RING)] % RING;
    device->seen[queue]++;
    return true;
}

void describe(volatile struct virtio_descriptor *descriptor, uint64_t address, uint64_t length, unsigned flags,
              unsigned next)
{
    descriptor->address = address;
    descriptor->length = (uint32_t)length;
    descriptor->flags = (uint16_t)flags;
    descriptor->next = (uint16_t)next;
}

void offer(const struct device *device, unsigned queue, unsigned head)
{
    volatile struct rings *rings = rings_of(device, queue);

    rings->available[2 + (rings->available[1] & 0xffff) % RING] = (uint16_t)head;
    virtio_write_barrier();
    rings->available[1] = (uint16_t)(rings->available[1] + 1);
}

void offer_buffer(const struct device *device, unsigned queue, unsigned head, uint64_t address, uint64_t length,
                  unsigned flags)
{
    describe(&rings_of(device, queue)->descriptors[head], address, length, flags, 0);
    offer(device, queue, head);
}

void ring_bell(const struct device *device, unsigned queue)
{
    virtio_full_barrier();
    *transport(device, VIRTIO_MMIO_QUEUE_NOTIFY) = queue;
}
