/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The driver of a virtio-console, as small as it can be: one buffer at a time, and no interrupts.
 */
#include "lib/virtio/ring.h"

#include "bench/figures/figures.h"
#include "guest.h"
#include "vmm/virtio_mmio.h"

#define TRANSPORT UINT64_C(0x0a000000)
enum { SIZE = 4, TRANSMIT = 1, DEVICE_CONSOLE = 3, PATIENCE = 1000000 };

/* One queue: driver's and device's parts on their own, as if the device were another machine. */
struct queue {
    struct virtio_descriptor descriptors[SIZE] __attribute__((aligned(16)));
    uint16_t available[3 + SIZE] __attribute__((aligned(4))); /* flags, index, ring, used_event */
    uint32_t used[2 + 2 * SIZE] __attribute__((aligned(4)));  /* flags and index, ring, available_event */
};

static struct queue queues[2];

static volatile uint32_t *transport(enum virtio_mmio_register offset)
{
    return device(TRANSPORT + offset);
}

static void set_address(enum virtio_mmio_register low, const void *address)
{
    *transport(low) = (uint32_t)(uintptr_t)address;
    *transport((enum virtio_mmio_register)(low + 4)) = (uint32_t)((uintptr_t)address >> 32);
}

static void add_queue(uint32_t number)
{
    *transport(VIRTIO_MMIO_QUEUE_SELECT) = number;
    *transport(VIRTIO_MMIO_QUEUE_SIZE) = SIZE;
    set_address(VIRTIO_MMIO_QUEUE_DESCRIPTORS, queues[number].descriptors);
    set_address(VIRTIO_MMIO_QUEUE_DRIVER, queues[number].available);
    set_address(VIRTIO_MMIO_QUEUE_DEVICE, queues[number].used);
    *transport(VIRTIO_MMIO_QUEUE_READY) = 1;
}

/* virtio 1.2, 3.1.1 */
static bool begin(void)
{
    const uint32_t known = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

    if (*transport(VIRTIO_MMIO_DEVICE_ID) != DEVICE_CONSOLE)
        return false;
    *transport(VIRTIO_MMIO_STATUS) = 0;
    *transport(VIRTIO_MMIO_STATUS) = known;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES_SELECT) = 1;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES) = 1U << (VIRTIO_F_VERSION_1 - 32);
    *transport(VIRTIO_MMIO_STATUS) = known | VIRTIO_STATUS_FEATURES_OK;
    add_queue(0);
    add_queue(TRANSMIT);
    *transport(VIRTIO_MMIO_STATUS) = known | VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK;
    return (*transport(VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET) == 0;
}

static uint16_t used_index(void)
{
    return (uint16_t)(*(volatile uint32_t *)queues[TRANSMIT].used >> 16);
}

/* From the doorbell until the buffer is back. */
static bool send(uint16_t round, uint64_t *ticks)
{
    uint64_t begin_at = 0;

    queues[TRANSMIT].available[2 + round % SIZE] = 0;
    __asm__ volatile("dmb ish" : : : "memory");
    queues[TRANSMIT].available[1] = (uint16_t)(round + 1);
    __asm__ volatile("dmb ish" : : : "memory");
    begin_at = READ(pmccntr_el0);
    *transport(VIRTIO_MMIO_QUEUE_NOTIFY) = TRANSMIT;
    for (unsigned i = 0; i < PATIENCE && used_index() != (uint16_t)(round + 1); i++)
        continue;
    *ticks = READ(pmccntr_el0) - begin_at;
    return used_index() == (uint16_t)(round + 1);
}

bool queue_samples(const char *text, uint32_t length, unsigned rounds, unsigned skip)
{
    if (!begin())
        return false;
    queues[TRANSMIT].descriptors[0] = (struct virtio_descriptor){.address = (uintptr_t)text, .length = length};
    figures_clear();
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t ticks = 0;

        if (!send((uint16_t)i, &ticks))
            return false;
        if (i >= skip)
            figures_add(ticks);
    }
    return true;
}
