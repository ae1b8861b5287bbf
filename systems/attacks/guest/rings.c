/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * guest-rings: a driver that lies to the console's device: chains that loop, lengths and addresses without sense, rings
 * in devices and beyond the RAM, indices that jump, while the other side looks.
 */
#include "lib/virtio/ring.h"

#include "guest.h"
#include "vmm/virtio_mmio.h"

enum { SIZE = 8, ROUNDS = 64 };

static struct queue {
    struct virtio_descriptor descriptors[SIZE] __attribute__((aligned(16)));
    uint16_t available[3 + SIZE] __attribute__((aligned(4)));
    uint32_t used[2 + 2 * SIZE] __attribute__((aligned(4)));
} queues[2];

static volatile uint32_t *transport(uint32_t offset)
{
    return (volatile uint32_t *)(GUEST_VIRTIO + offset);
}

static uint64_t any_address(void)
{
    static const uint64_t some[] = {0,
                                    GUEST_VIRTIO,
                                    GUEST_RAM - 16,
                                    GUEST_RAM,
                                    GUEST_RAM + GUEST_RAM_SIZE - 8,
                                    GUEST_RAM + GUEST_RAM_SIZE,
                                    UINT64_C(1) << 38,
                                    UINT64_MAX - 7};
    uint64_t draw = any();

    return draw % 4 == 0 ? some[draw / 4 % 8] : draw % 4 == 1 ? draw : GUEST_RAM + draw % GUEST_RAM_SIZE;
}

static void set_address(uint32_t low, const volatile void *address)
{
    uint64_t value = any() % 32 == 0 ? any_address() : (uintptr_t)address;

    *transport(low) = (uint32_t)value;
    *transport(low + 4) = (uint32_t)(value >> 32);
}

static void set_up(void)
{
    uint32_t known = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

    *transport(VIRTIO_MMIO_STATUS) = 0;
    *transport(VIRTIO_MMIO_STATUS) = known;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES_SELECT) = 0;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES) = (uint32_t)any() & (1U << 28 | 1U << 29);
    *transport(VIRTIO_MMIO_DRIVER_FEATURES_SELECT) = 1;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES) = 1;
    *transport(VIRTIO_MMIO_STATUS) = known | VIRTIO_STATUS_FEATURES_OK;
    for (uint32_t i = 0; i < 2; i++) {
        *transport(VIRTIO_MMIO_QUEUE_SELECT) = any() % 32 == 0 ? (uint32_t)any() : i;
        *transport(VIRTIO_MMIO_QUEUE_SIZE) = any() % 32 == 0 ? (uint32_t)any() : SIZE;
        set_address(VIRTIO_MMIO_QUEUE_DESCRIPTORS, queues[i].descriptors);
        set_address(VIRTIO_MMIO_QUEUE_DRIVER, queues[i].available);
        set_address(VIRTIO_MMIO_QUEUE_DEVICE, queues[i].used);
        *transport(VIRTIO_MMIO_QUEUE_READY) = 1;
    }
    *transport(VIRTIO_MMIO_STATUS) = known | VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK;
}

static void lie(volatile struct queue *queue)
{
    uint64_t draw = any();

    for (unsigned i = 0; i < SIZE; i++) {
        volatile struct virtio_descriptor *d = &queue->descriptors[i];

        d->address = any() % 4 == 0 ? any_address() : GUEST_RAM + any() % 0x100000;
        d->length = any() % 8 == 0 ? (uint32_t)any() : (uint32_t)any() % 64;
        d->flags = any() % 4 == 0 ? (uint16_t)any() : (uint16_t)(any() & 3);
        d->next = any() % 8 == 0 ? (uint16_t)any() : (uint16_t)(any() % SIZE);
    }
    for (unsigned i = 0; i < SIZE; i++)
        queue->available[2 + i] = draw % 8 == 0 ? (uint16_t)any() : (uint16_t)(any() % SIZE);
    queue->available[0] = (uint16_t)(draw >> 8 & 1);
    queue->available[1] = (uint16_t)(queue->available[1] + (draw % 16 == 0 ? draw >> 16 : draw >> 16 & 3));
    if (draw % 5 == 0)
        queue->used[0] = (uint32_t)(draw >> 32);
    *transport(VIRTIO_MMIO_QUEUE_NOTIFY) = draw % 16 == 0 ? (uint32_t)draw : (uint32_t)(draw >> 40 & 1);
}

void attack_rings(void)
{
    volatile struct queue *both = queues;

    for (unsigned q = 0; q < 2; q++) {
        both[q].available[1] = 0;
        both[q].used[0] = 0;
    }
    set_up();
    for (unsigned i = 0; i < ROUNDS; i++) {
        lie(&both[any() & 1]);
        did(1);
    }
}
