/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lies of a driver, whatever the device.
 */
#include "driver.h"
#include "guest.h"

enum { MOVE = 4, CHANGES = 8 }; /* chains, and descriptors that change while they are out */

uint64_t any_address(void)
{
    static const uint64_t edges[] = {0,
                                     GUEST_DISK,
                                     GUEST_RAM - 1,
                                     GUEST_RAM + GUEST_RAM_SIZE - 1,
                                     GUEST_RAM + GUEST_RAM_SIZE,
                                     UINT64_C(1) << 38,
                                     UINT64_MAX,
                                     UINT64_MAX - 511};
    uint64_t draw = any();

    switch (draw & 7) {
    case 0:
        return edges[draw / 8 % (sizeof(edges) / sizeof(edges[0]))];
    case 1: /* its own rings, tables, headers */
        return GUEST_RINGS + draw / 8 % (sizeof(struct queue) * QUEUES * GUEST_DEVICES);
    default:
        return GUEST_AREA + draw / 8 % (GUEST_RAM + GUEST_RAM_SIZE - GUEST_AREA - 4096);
    }
}

uint64_t any_length(void)
{
    static const uint64_t lengths[] = {0, 1, 16, 511, 512, 4096, 1U << 31, UINT32_MAX, UINT32_MAX - 15};
    uint64_t draw = any();

    return lengths[draw % 32 < 9 ? draw % 9 : 4 + draw % 2];
}

/* Head, data in one to five pieces, status. */
static void offer_lie(const struct device *device, unsigned queue, unsigned number, struct honest honest)
{
    volatile struct queue *memory = queue_of(device, queue);
    volatile struct virtio_descriptor *table = memory->table[number];
    const uint64_t draw = any();
    const unsigned pieces = 1 + (unsigned)(draw % 5);
    unsigned count = 0;

    if (honest.head != 0)
        describe(&table[count++], (uintptr_t)memory->head[number], honest.head, VIRTIO_DESCRIPTOR_NEXT, 1);
    for (unsigned i = 0; i < pieces; i++, count++)
        describe(&table[count], any_address(), any_length(), honest.direction | VIRTIO_DESCRIPTOR_NEXT, count + 1);
    if (honest.status != 0)
        describe(&table[count++], (draw >> 9 & 7) == 0 ? any_address() : (uintptr_t)&memory->status[number],
                 honest.status, VIRTIO_DESCRIPTOR_WRITE, 0);
    else
        table[count - 1].flags = (uint16_t)honest.direction;
    if ((draw >> 12 & 31) == 0)
        table[count - 1].flags = VIRTIO_DESCRIPTOR_WRITE | VIRTIO_DESCRIPTOR_NEXT;
    describe(&rings_of(device, queue)->descriptors[number], (uintptr_t)table,
             (draw >> 17 & 31) == 0 ? any_length() : count * 16, VIRTIO_DESCRIPTOR_INDIRECT, 0);
    offer(device, queue, (draw >> 22 & 127) == 0 ? (unsigned)any() : number);
}

void lie(struct device *device, unsigned queue, struct honest honest, void (*fill)(volatile uint8_t *head))
{
    volatile struct queue *memory = queue_of(device, queue);

    if (!device_works(device) || one_in(64))
        device_begin(device);
    for (unsigned i = 0; i < MOVE; i++) {
        unsigned number = (unsigned)(any() % TABLES);

        fill(memory->head[number]);
        offer_lie(device, queue, number, honest);
    }
    if (one_in(256))
        rings_of(device, queue)->available[1] = (uint16_t)any();
    ring_bell(device, queue);
    for (unsigned i = 0; i < CHANGES; i++) {
        describe(&memory->table[any() % TABLES][any() % 7], any_address(), any_length(), (unsigned)any() & 7, 1);
        fill(memory->head[any() % TABLES]);
    }
}
