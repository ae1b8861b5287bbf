/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The disk's driver. Its buffers are given to the board's disk as they are (services/block): whatever this driver says,
 * changes while it is being read, or takes back while it is out, must reach this guest's memory and part of the disk.
 */
#include "guest.h"
#include "lib/virtio/block.h"
#include "lib/virtio/mmio.h"
#include "lib/virtio/ring.h"

enum { SIZE = 64, SECTORS = 16384 /* of its part: disk */, TABLES = 8, SHARED_AT = 0x100000, AREA_AT = 0x200000 };

struct rings {
    struct virtio_descriptor descriptors[SIZE] __attribute__((aligned(16)));
    uint16_t available[3 + SIZE] __attribute__((aligned(4)));
    uint32_t used[2 + 2 * SIZE] __attribute__((aligned(4)));
};

/* Two places for a queue, tables, headers and statuses: what the device may be made to write over. */
struct shared {
    struct rings rings[2];
    struct virtio_descriptor table[TABLES][SIZE] __attribute__((aligned(16)));
    struct virtio_block_header header[SIZE] __attribute__((aligned(16)));
    uint8_t status[SIZE];
};
#define shared (*(volatile struct shared *)(GUEST_RAM + SHARED_AT))

static volatile struct rings *rings = &shared.rings[0];

static volatile uint32_t *transport(uint32_t offset)
{
    return (volatile uint32_t *)(GUEST_DISK + offset);
}

static void set_address(uint32_t low, const volatile void *address)
{
    *transport(low) = (uint32_t)(uintptr_t)address;
    *transport(low + 4) = (uint32_t)((uintptr_t)address >> 32);
}

/* Begins anew, at the one place or the other. */
static void begin(void)
{
    const uint32_t known = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

    *transport(VIRTIO_MMIO_STATUS) = 0;
    rings = &shared.rings[any() & 1];
    rings->available[0] = VIRTIO_AVAILABLE_NO_INTERRUPT;
    rings->available[1] = 0;
    rings->used[0] = 0;
    *transport(VIRTIO_MMIO_STATUS) = known;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES_SELECT) = 0;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES) =
        1U << VIRTIO_F_INDIRECT_DESC | 1U << VIRTIO_BLOCK_F_FLUSH | 1U << VIRTIO_BLOCK_F_DISCARD;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES_SELECT) = 1;
    *transport(VIRTIO_MMIO_DRIVER_FEATURES) = 1;
    *transport(VIRTIO_MMIO_STATUS) = known | VIRTIO_STATUS_FEATURES_OK;
    *transport(VIRTIO_MMIO_QUEUE_SELECT) = 0;
    *transport(VIRTIO_MMIO_QUEUE_SIZE) = SIZE;
    set_address(VIRTIO_MMIO_QUEUE_DESCRIPTORS, rings->descriptors);
    set_address(VIRTIO_MMIO_QUEUE_DRIVER, rings->available);
    set_address(VIRTIO_MMIO_QUEUE_DEVICE, rings->used);
    *transport(VIRTIO_MMIO_QUEUE_READY) = 1;
    *transport(VIRTIO_MMIO_STATUS) = known | VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK;
}

/* An exit each time: asked when nothing has come for a while. */
static bool works(void)
{
    return (*transport(VIRTIO_MMIO_STATUS) & (VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_NEEDS_RESET)) ==
           VIRTIO_STATUS_DRIVER_OK;
}

static uint16_t waiting(void)
{
    return (uint16_t)(rings->available[1] - (rings->used[0] >> 16));
}

static void describe(volatile struct virtio_descriptor *d, uint64_t address, uint64_t length, unsigned flags,
                     unsigned next)
{
    d->address = address;
    d->length = (uint32_t)length;
    d->flags = (uint16_t)flags;
    d->next = (uint16_t)next;
}

static void offer(unsigned head)
{
    rings->available[2 + (rings->available[1] & 0xffff) % SIZE] = (uint16_t)head;
    virtio_write_barrier();
    rings->available[1] = (uint16_t)(rings->available[1] + 1);
}

static void ring_bell(void)
{
    virtio_full_barrier();
    *transport(VIRTIO_MMIO_QUEUE_NOTIFY) = 0;
}

static void set_header(unsigned number, uint32_t type, uint64_t sector)
{
    shared.header[number].type = type;
    shared.header[number].sector = sector;
}

/* Request `number`, three descriptors in a row: header, data, status. */
static void ask(unsigned number, uint32_t type, uint64_t sector, uint64_t address, uint64_t bytes)
{
    const unsigned first = number * 3;
    const unsigned direction = type == VIRTIO_BLOCK_IN || type == VIRTIO_BLOCK_GET_ID ? VIRTIO_DESCRIPTOR_WRITE : 0;

    set_header(number, type, sector);
    describe(&rings->descriptors[first], (uintptr_t)&shared.header[number], sizeof(struct virtio_block_header),
             VIRTIO_DESCRIPTOR_NEXT, bytes != 0 ? first + 1 : first + 2);
    describe(&rings->descriptors[first + 1], address, bytes, direction | VIRTIO_DESCRIPTOR_NEXT, first + 2);
    describe(&rings->descriptors[first + 2], (uintptr_t)&shared.status[number], 1, VIRTIO_DESCRIPTOR_WRITE, 0);
    offer(first);
}

enum { REQUESTS = SIZE / 3, LARGE = 1024 * 1024 };

/* Begins anew where that is needed; false: more than `most` requests are out. */
static bool has_room(unsigned most)
{
    if (!works())
        begin();
    return waiting() <= most;
}

/* What a neighbour that only has much to do costs: the others are measured against it. */
static void is_busy(void)
{
    if (!has_room(0))
        return;
    for (unsigned i = 0; i < REQUESTS; i++)
        ask(i, VIRTIO_BLOCK_IN, i * 64, GUEST_RAM + AREA_AT, LARGE);
    ring_bell();
}

static void is_quiet(void)
{
    if (waiting() != 0)
        begin();
}

/* The device is reset with as much out as goes. */
static void resets(void)
{
    begin();
    for (unsigned i = 0; i < REQUESTS; i++)
        ask(i, (any() & 1) != 0 ? VIRTIO_BLOCK_IN : VIRTIO_BLOCK_OUT, i * 64, GUEST_RAM + AREA_AT, LARGE);
    ring_bell();
}

static void flushes(void)
{
    if (!has_room(0))
        return;
    for (unsigned i = 0; i < REQUESTS; i++)
        ask(i, VIRTIO_BLOCK_FLUSH, 0, 0, 0);
    ring_bell();
}

/* Requests that need no disk, as fast as they are answered, and a doorbell for each. */
static void asks_for_nothing(void)
{
    if (!has_room(SIZE / 2))
        return;
    ask((unsigned)(any() % REQUESTS), VIRTIO_BLOCK_GET_ID, 0, GUEST_RAM + AREA_AT, 20);
    ring_bell();
}

static void rings_the_bell(void)
{
    (void)has_room(0);
    ring_bell();
}

static uint64_t any_address(void)
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
    case 1: /* its own ring, tables, headers */
        return (uintptr_t)&shared + draw / 8 % sizeof(shared);
    default:
        return GUEST_RAM + AREA_AT + draw / 8 % (GUEST_RAM_SIZE - AREA_AT - 4096);
    }
}

static uint64_t any_length(void)
{
    static const uint64_t lengths[] = {0, 1, 16, 511, 512, 4096, 1U << 31, UINT32_MAX, UINT32_MAX - 15};
    uint64_t draw = any();

    return lengths[draw % 32 < 9 ? draw % 9 : 4 + draw % 2];
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

/* A chain in an indirect table that is right as far as its draw goes, and is changed again while it is out. */
static void lie(unsigned number)
{
    volatile struct virtio_descriptor *table = shared.table[number % TABLES];
    const uint64_t draw = any();
    const unsigned count = 1 + (unsigned)(draw % 5);
    const unsigned direction = (draw >> 8 & 1) != 0 ? VIRTIO_DESCRIPTOR_WRITE : 0;

    set_header(number, any_type(), any_sector());
    describe(&table[0], (uintptr_t)&shared.header[number], 16, VIRTIO_DESCRIPTOR_NEXT, 1);
    for (unsigned i = 1; i <= count; i++)
        describe(&table[i], any_address(), any_length(), direction | VIRTIO_DESCRIPTOR_NEXT, i + 1);
    describe(&table[count + 1], (draw >> 9 & 7) == 0 ? any_address() : (uintptr_t)&shared.status[number], 1,
             VIRTIO_DESCRIPTOR_WRITE, 0);
    if ((draw >> 12 & 31) == 0)
        table[count + 1].flags = VIRTIO_DESCRIPTOR_WRITE | VIRTIO_DESCRIPTOR_NEXT;
    describe(&rings->descriptors[number], (uintptr_t)table, (draw >> 17 & 31) == 0 ? any_length() : (count + 2) * 16,
             VIRTIO_DESCRIPTOR_INDIRECT, 0);
    offer((draw >> 22 & 127) == 0 ? (unsigned)any() : number);
}

static void lies(void)
{
    if (!works() || any() % 64 == 0)
        begin();
    for (unsigned i = 0; i < 4; i++)
        lie((unsigned)(any() % TABLES));
    if (any() % 256 == 0)
        rings->available[1] = (uint16_t)any();
    ring_bell();
    /* While it is out: addresses and lengths of what was taken, and headers that were checked. */
    for (unsigned i = 0; i < 8; i++) {
        describe(&shared.table[any() % TABLES][any() % 7], any_address(), any_length(), (unsigned)any() & 7, 1);
        set_header((unsigned)(any() % TABLES), any_type(), any_sector());
    }
}

const struct attack disk_attacks[] = {
    {"is quiet", is_quiet},
    {"is busy", is_busy},
    {"resets", resets},
    {"flushes", flushes},
    {"asks for nothing", asks_for_nothing},
    {"rings the bell", rings_the_bell},
    {"lies", lies},
};
const unsigned disk_attack_count = sizeof(disk_attacks) / sizeof(disk_attacks[0]);
