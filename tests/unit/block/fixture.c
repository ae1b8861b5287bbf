/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The clients and the disk of these tests.
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

struct client clients[CLIENTS];
struct share shares[CLIENTS];
struct disk disk;
uint8_t storage[(CLIENTS * SECTORS + 8) * 512];
static uint8_t data[SLOTS * PIECE_BYTES];
static unsigned reached; /* clients whose memory the device reaches, a bit each */
static uint32_t random_state = 1;

uint64_t memory_at(unsigned number)
{
    return UINT64_C(0x100000000) + number * UINT64_C(0x10000000);
}

uint32_t pick(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

uint64_t tell(unsigned number, const struct virtio_queue_setup *rings)
{
    uint64_t word[8] = {BLOCK_ATTACH,     0,           rings->size,    rings->descriptors,
                        rings->available, rings->used, rings->features};
    uint64_t reply[8] = {0};

    share_answer(&disk, &shares[number], word, reply);
    return reply[0];
}

uint64_t attach(unsigned number)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&clients[number].driver);

    return tell(number, &rings);
}

/* A service that has just begun: nothing of it outlives it. */
void begin_service(void)
{
    memset(shares, 0, sizeof(shares));
    memset(&disk, 0, sizeof(disk));
    disk = (struct disk){.features = UINT64_C(1) << VIRTIO_BLOCK_F_FLUSH | UINT64_C(1) << VIRTIO_BLOCK_F_DISCARD,
                         .discard_max = 64,
                         .shares = shares,
                         .share_count = CLIENTS,
                         .slot_count = SLOTS,
                         .data = data,
                         .data_address = DATA_AT,
                         .buffers_max = PIECE_BUFFERS_MAX};
    for (unsigned i = 0; i < CLIENTS; i++) {
        shares[i].name = "client";
        shares[i].window = (struct virtio_window){0, MEMORY, clients[i].memory};
        shares[i].reached = (reached >> i & 1) != 0;
        shares[i].physical = memory_at(i);
        shares[i].first = 8 + (uint64_t)i * SECTORS;
        shares[i].sectors = SECTORS;
        share_detach(&shares[i]);
    }
}

static void set_up(unsigned which)
{
    reached = which;
    memset(clients, 0, sizeof(clients));
    memset(storage, 0, sizeof(storage));
    begin_service();
    for (unsigned i = 0; i < CLIENTS; i++) {
        const struct virtio_driver_setup ring = {clients[i].memory, 0, RING, 0, UINT64_C(1) << VIRTIO_F_EVENT_IDX,
                                                 clients[i].slots};
        assert_int_equal(virtio_driver_start(&clients[i].driver, &ring), VIRTIO_OK);
        assert_int_equal(attach(i), 0);
    }
}

int setup_copied(void **state)
{
    (void)state;
    set_up(0);
    return 0;
}

int setup_direct(void **state)
{
    (void)state;
    set_up(ALL);
    return 0;
}

int setup_mixed(void **state)
{
    (void)state;
    set_up(1 << 1);
    return 0;
}

/* The bytes that the device means. A direct piece reaches its own client's memory and nothing else. */
uint8_t *at_address(const struct slot *slot, struct virtio_buffer buffer)
{
    uint64_t base = memory_at((unsigned)(slot->share - shares));
    uint64_t size = MEMORY;
    uint8_t *bytes = clients[slot->share - shares].memory;

    if (!slot->direct) {
        base = DATA_AT + (uint64_t)(slot - disk.slots) * PIECE_BYTES;
        size = PIECE_BYTES;
        bytes = data + (slot - disk.slots) * PIECE_BYTES;
    }
    assert_true(slot->share->reached || !slot->direct);
    assert_true(buffer.length != 0 && buffer.address >= base && buffer.address - base <= size &&
                buffer.length <= size - (buffer.address - base));
    return bytes + (buffer.address - base);
}

/* The device, for one piece. */
uint8_t do_piece(const struct slot *slot)
{
    const struct piece *piece = &slot->piece;
    uint8_t *stored = storage + piece->sector * 512;
    uint32_t bytes = 0;

    assert_true(piece->count <= disk.buffers_max);
    for (unsigned i = 1; i <= piece->count; i++) {
        uint8_t *at = at_address(slot, piece->buffers[i]);
        const struct virtio_block_range *range = (const void *)at;

        if (piece->type == VIRTIO_BLOCK_DISCARD)
            memset(storage + range->sector * 512, 0, (size_t)range->sectors * 512);
        else if (piece->type == VIRTIO_BLOCK_IN)
            memcpy(at, stored + bytes, piece->buffers[i].length);
        else
            memcpy(stored + bytes, at, piece->buffers[i].length);
        bytes += piece->buffers[i].length;
    }
    assert_int_equal(bytes, piece->bytes);
    if (piece->type == VIRTIO_BLOCK_FLUSH || piece->type == VIRTIO_BLOCK_DISCARD)
        return VIRTIO_BLOCK_OK;
    assert_true(piece->bytes <= PIECE_BYTES && piece->bytes % 512 == 0);
    assert_true(piece->sector >= slot->share->first &&
                piece->sector + piece->bytes / 512 <= slot->share->first + slot->share->sectors);
    return VIRTIO_BLOCK_OK;
}

/* Does all that can be done; the device answers in any order. */
void settle(void)
{
    for (unsigned round = 0; round < 1000; round++) {
        unsigned slot = 0, busy = 0, first = pick(SLOTS);

        while (disk_next(&disk, &slot))
            ;
        for (unsigned i = 0; i < SLOTS; i++) {
            slot = (first + i) % SLOTS;
            if (!disk.slots[slot].busy)
                continue;
            busy++;
            if (pick(2) == 0)
                disk_done(&disk, slot, do_piece(&disk.slots[slot]));
        }
        for (unsigned i = 0; i < CLIENTS; i++)
            busy += (share_step(&shares[i]) & SHARE_ANSWERED) != 0;
        if (busy == 0)
            return;
    }
    fail_msg("there is no end to it");
}

uint8_t *part_at(unsigned number, unsigned part)
{
    return clients[number].memory + PARTS + part * PART;
}

/* Sends a request with its data in pieces of odd lengths; false when the ring has no room. */
bool send(unsigned number, uint32_t type, uint64_t sector, uint32_t bytes)
{
    struct client *client = &clients[number];
    struct virtio_buffer buffers[5] = {0};
    unsigned part = 0, count = 1;
    uint16_t head = 0, readable = 0;
    struct virtio_block_header header = {.type = type, .sector = sector};

    while (client->part_busy[part])
        if (++part == PART_COUNT)
            return false;
    uint64_t at = (uint64_t)(part_at(number, part) - client->memory);
    memcpy(part_at(number, part), &header, sizeof(header));
    part_at(number, part)[16] = 0xff;
    buffers[0] = (struct virtio_buffer){at, 16};
    for (uint32_t done = 0; done < bytes;) {
        uint32_t length = count < 3 && bytes - done > 1 ? 1 + pick(bytes - done) : bytes - done;

        buffers[count++] = (struct virtio_buffer){at + 32 + done, length};
        done += length;
    }
    readable = (uint16_t)(type == VIRTIO_BLOCK_IN || type == VIRTIO_BLOCK_GET_ID ? 1 : count);
    buffers[count++] = (struct virtio_buffer){at + 16, 1};
    if (virtio_driver_add(&client->driver, buffers, readable, (uint16_t)(count - readable), &head) != VIRTIO_OK)
        return false;
    client->part_busy[part] = true;
    client->sent[head].type = type;
    client->sent[head].sector = sector;
    client->sent[head].bytes = bytes;
    client->sent[head].part = part;
    return true;
}

/* Takes every answer; what was read must be what the model says. */
unsigned receive(unsigned number, uint8_t expected)
{
    struct client *client = &clients[number];
    uint16_t head = 0;
    uint32_t written = 0;
    unsigned count = 0;

    while (virtio_driver_take(&client->driver, &head, &written) == VIRTIO_OK) {
        unsigned part = client->sent[head].part;

        assert_int_equal(part_at(number, part)[16], expected);
        if (client->sent[head].type == VIRTIO_BLOCK_IN && expected == VIRTIO_BLOCK_OK)
            assert_memory_equal(part_at(number, part) + 32, client->model + client->sent[head].sector * 512,
                                client->sent[head].bytes);
        client->part_busy[part] = false;
        client->answered++;
        count++;
    }
    return count;
}
