/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The disk's driver. Its buffers are given to the board's disk as they are (services/block): whatever this driver says,
 * changes while it is being read, or takes back while it is out, must reach this guest's memory and part of the disk.
 */
#include "guest.h"
#include "lib/virtio/block.h"

enum { SECTORS = 16384 /* of its part: disk */, REQUESTS = RING / 3, LARGE = 1024 * 1024 };

static struct device device = {
    .registers = GUEST_DISK,
    .queues = 1,
    .features = 1U << VIRTIO_BLOCK_F_FLUSH | 1U << VIRTIO_BLOCK_F_DISCARD,
};

static void set_header(volatile uint8_t *head, uint32_t type, uint64_t sector)
{
    volatile struct virtio_block_header *header = (volatile struct virtio_block_header *)head;

    header->type = type;
    header->sector = sector;
}

/* Request `number`, three descriptors in a row: header, data, status. */
static void ask(unsigned number, uint32_t type, uint64_t sector, uint64_t address, uint64_t bytes)
{
    volatile struct queue *memory = queue_of(&device, 0);
    const unsigned first = number * 3;
    volatile struct virtio_descriptor *descriptors = &rings_of(&device, 0)->descriptors[first];
    const unsigned direction = type == VIRTIO_BLOCK_IN || type == VIRTIO_BLOCK_GET_ID ? VIRTIO_DESCRIPTOR_WRITE : 0;

    set_header(memory->head[number], type, sector);
    describe(&descriptors[0], (uintptr_t)memory->head[number], sizeof(struct virtio_block_header),
             VIRTIO_DESCRIPTOR_NEXT, bytes != 0 ? first + 1 : first + 2);
    describe(&descriptors[1], address, bytes, direction | VIRTIO_DESCRIPTOR_NEXT, first + 2);
    describe(&descriptors[2], (uintptr_t)&memory->status[number], 1, VIRTIO_DESCRIPTOR_WRITE, 0);
    offer(&device, 0, first);
}

/* Begins anew where that is needed; false: more than `most` requests are out. */
static bool has_room(unsigned most)
{
    if (!device_works(&device))
        device_begin(&device);
    return waiting(&device, 0) <= most;
}

/* What a neighbour that only has much to do costs: the others are measured against it. */
static void is_busy(void)
{
    if (!has_room(0))
        return;
    for (unsigned i = 0; i < REQUESTS; i++)
        ask(i, VIRTIO_BLOCK_IN, i * 64, GUEST_AREA, LARGE);
    ring_bell(&device, 0);
}

static void is_quiet(void)
{
}

/* The device is reset with as much out as goes. */
static void resets(void)
{
    device_begin(&device);
    for (unsigned i = 0; i < REQUESTS; i++)
        ask(i, (any() & 1) != 0 ? VIRTIO_BLOCK_IN : VIRTIO_BLOCK_OUT, i * 64, GUEST_AREA, LARGE);
    ring_bell(&device, 0);
}

static void flushes(void)
{
    if (!has_room(0))
        return;
    for (unsigned i = 0; i < REQUESTS; i++)
        ask(i, VIRTIO_BLOCK_FLUSH, 0, 0, 0);
    ring_bell(&device, 0);
}

/* Requests that need no disk, as fast as they are answered, and a doorbell for each. */
static void asks_for_nothing(void)
{
    if (!has_room(RING / 2))
        return;
    ask((unsigned)(any() % REQUESTS), VIRTIO_BLOCK_GET_ID, 0, GUEST_AREA, 20);
    ring_bell(&device, 0);
}

static void rings_the_bell(void)
{
    (void)has_room(0);
    ring_bell(&device, 0);
}

static uint32_t any_type(void)
{
    static const uint32_t types[] = {
        VIRTIO_BLOCK_IN, VIRTIO_BLOCK_OUT, VIRTIO_BLOCK_FLUSH, VIRTIO_BLOCK_GET_ID, VIRTIO_BLOCK_DISCARD, 13, 14,
        UINT32_MAX};
    uint64_t draw = any();

    return types[draw % 16 < 8 ? draw % 8 : draw & 1];
}

static uint64_t any_sector(void)
{
    static const uint64_t sectors[] = {0,          SECTORS - 1,      SECTORS,           SECTORS + 1,
                                       UINT64_MAX, UINT64_MAX / 512, UINT64_C(1) << 55, UINT64_C(1) << 32};
    uint64_t draw = any();

    return draw % 4 == 0 ? sectors[draw / 4 % 8] : draw / 4 % SECTORS;
}

static void fill(volatile uint8_t *head)
{
    set_header(head, any_type(), any_sector());
}

static void lies(void)
{
    lie(&device, 0, (struct honest){16, 1, one_in(2) ? VIRTIO_DESCRIPTOR_WRITE : 0}, fill);
}

static const struct attack attacks[] = {
    {"disk is quiet", is_quiet},
    {"disk is busy", is_busy},
    {"disk resets", resets},
    {"disk flushes", flushes},
    {"disk asks for nothing", asks_for_nothing},
    {"disk rings the bell", rings_the_bell},
    {"disk lies", lies},
};
const struct target disk = {&device, attacks, sizeof(attacks) / sizeof(attacks[0])};
