/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients of one disk, which is memory here: what they write they read again, whatever the disk's order and however
 * often the service is made again; they take turns; and whoever writes nonsense loses its own queue.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/block/share.h"
#include "virtio/driver.h"

enum {
    CLIENTS = 3,
    SLOTS = 3,
    SECTORS = 2048, /* of each client */
    MEMORY = 0x80000,
    RING = 64,
    PARTS = 4096, /* a request's own part of the memory begins here, 16 of them */
    PART = 0x7000,
    PART_COUNT = 16,
    ROUNDS = 20000,
};

struct client {
    _Alignas(16) uint8_t memory[MEMORY];
    struct virtio_driver driver;
    struct virtio_driver_slot slots[RING];
    uint8_t model[SECTORS * 512]; /* what the part must hold */
    struct {
        uint32_t type;
        uint64_t sector;
        uint32_t bytes;
        unsigned part;
    } sent[RING]; /* by head */
    bool part_busy[PART_COUNT];
    unsigned answered;
};

static struct client clients[CLIENTS];
static struct share shares[CLIENTS];
static struct disk disk;
static uint8_t storage[(CLIENTS * SECTORS + 8) * 512];
static uint8_t data[SLOTS * PIECE_BYTES];
static uint32_t random_state = 1;

static uint32_t pick(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static uint64_t tell(unsigned number, const struct virtio_queue_setup *rings)
{
    uint64_t word[8] = {BLOCK_ATTACH,     0,           rings->size,    rings->descriptors,
                        rings->available, rings->used, rings->features};
    uint64_t reply[8] = {0};

    share_answer(&disk, &shares[number], word, reply);
    return reply[0];
}

static uint64_t attach(unsigned number)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&clients[number].driver);

    return tell(number, &rings);
}

/* A service that has just begun: nothing of it outlives it. */
static void begin_service(void)
{
    memset(shares, 0, sizeof(shares));
    memset(&disk, 0, sizeof(disk));
    disk = (struct disk){.features = UINT64_C(1) << VIRTIO_BLOCK_F_FLUSH | UINT64_C(1) << VIRTIO_BLOCK_F_DISCARD,
                         .discard_max = 64,
                         .shares = shares,
                         .share_count = CLIENTS,
                         .slot_count = SLOTS,
                         .data = data};
    for (unsigned i = 0; i < CLIENTS; i++) {
        shares[i].name = "client";
        shares[i].window = (struct virtio_window){0, MEMORY, clients[i].memory};
        shares[i].first = 8 + (uint64_t)i * SECTORS;
        shares[i].sectors = SECTORS;
        share_detach(&shares[i]);
    }
}

static int setup(void **state)
{
    (void)state;
    memset(clients, 0, sizeof(clients));
    memset(storage, 0, sizeof(storage));
    begin_service();
    for (unsigned i = 0; i < CLIENTS; i++) {
        const struct virtio_driver_setup ring = {clients[i].memory, 0, RING, 0, UINT64_C(1) << VIRTIO_F_EVENT_IDX,
                                                 clients[i].slots};
        assert_int_equal(virtio_driver_start(&clients[i].driver, &ring), VIRTIO_OK);
        assert_int_equal(attach(i), 0);
    }
    return 0;
}

/* The device, for one piece. */
static uint8_t do_piece(const struct slot *slot)
{
    uint8_t *bytes = data + (slot - disk.slots) * PIECE_BYTES;
    const struct piece *piece = &slot->piece;
    const struct virtio_block_range *range = (const void *)bytes;

    if (piece->type == VIRTIO_BLOCK_FLUSH)
        return VIRTIO_BLOCK_OK;
    if (piece->type == VIRTIO_BLOCK_DISCARD) {
        memset(storage + range->sector * 512, 0, (size_t)range->sectors * 512);
        return VIRTIO_BLOCK_OK;
    }
    assert_true(piece->bytes <= PIECE_BYTES && piece->bytes % 512 == 0);
    assert_true(piece->sector >= slot->share->first &&
                piece->sector + piece->bytes / 512 <= slot->share->first + slot->share->sectors);
    if (piece->type == VIRTIO_BLOCK_IN)
        memcpy(bytes, storage + piece->sector * 512, piece->bytes);
    else
        memcpy(storage + piece->sector * 512, bytes, piece->bytes);
    return VIRTIO_BLOCK_OK;
}

/* Does all that can be done; the device answers in any order. */
static void settle(void)
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

static uint8_t *part_at(unsigned number, unsigned part)
{
    return clients[number].memory + PARTS + part * PART;
}

/* Sends a request with its data in pieces of odd lengths; false when the ring has no room. */
static bool send(unsigned number, uint32_t type, uint64_t sector, uint32_t bytes)
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
static unsigned receive(unsigned number, uint8_t expected)
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

static void what_is_written_is_read(void **state)
{
    unsigned restarts = 0, total = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        unsigned number = pick(CLIENTS);
        struct client *client = &clients[number];
        uint32_t sectors = 1 + pick(50);
        uint64_t sector = pick(SECTORS - sectors);

        /* One write or discard at a time: the model knows no order among several. */
        if (pick(2) == 0) {
            uint8_t *bytes = part_at(number, 0) + 32;
            for (uint32_t i = 0; i < sectors * 512; i++)
                bytes[i] = (uint8_t)pick(256);
            memcpy(client->model + sector * 512, bytes, sectors * 512);
            assert_true(send(number, VIRTIO_BLOCK_OUT, sector, sectors * 512));
        } else if (pick(8) == 0) {
            struct virtio_block_range range = {.sector = sector, .sectors = sectors};
            memcpy(part_at(number, 0) + 32, &range, sizeof(range));
            memset(client->model + sector * 512, 0, (size_t)sectors * 512);
            assert_true(send(number, VIRTIO_BLOCK_DISCARD, 0, sizeof(range)));
        } else {
            for (unsigned i = pick(4); i < 5; i++)
                (void)send(number, VIRTIO_BLOCK_IN, pick(SECTORS - 50), (1 + pick(50)) * 512);
            (void)send(number, VIRTIO_BLOCK_FLUSH, 0, 0);
        }
        if (pick(4) == 0) {
            unsigned slot = 0;

            /* The service dies with pieces at the device, some of them done, perhaps answered, perhaps not. */
            while (disk_next(&disk, &slot))
                if (pick(2) == 0)
                    disk_done(&disk, slot, do_piece(&disk.slots[slot]));
            for (unsigned i = 0; pick(2) == 0 && i < CLIENTS; i++)
                (void)share_step(&shares[i]);
            begin_service();
            for (unsigned i = 0; i < CLIENTS; i++)
                assert_int_equal(attach(i), 0);
            restarts++;
        }
        settle();
        for (unsigned i = 0; i < CLIENTS; i++) {
            total += receive(i, VIRTIO_BLOCK_OK);
            assert_int_equal(clients[i].driver.chains, 0);
        }
    }
    assert_true(restarts > 100 && total > 1000);
}

static void clients_take_turns(void **state)
{
    unsigned slot = 0;
    unsigned others = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_true(send(0, VIRTIO_BLOCK_IN, 0, 25 * 512));
    while (disk_next(&disk, &slot))
        ;
    assert_true(send(1, VIRTIO_BLOCK_IN, 0, 512));
    assert_true(send(2, VIRTIO_BLOCK_IN, 0, 512));
    /* Whoever comes when all slots are taken gets one within a piece of each other client. */
    for (unsigned i = 0; i < CLIENTS && others < 2; i++) {
        disk_done(&disk, i % SLOTS, do_piece(&disk.slots[i % SLOTS]));
        assert_true(disk_next(&disk, &slot));
        others += disk.slots[slot].share != &shares[0];
    }
    assert_int_equal(others, 2);
}

static void long_requests_are_split(void **state)
{
    struct virtio_buffer buffers[34];
    uint16_t head = 0;
    unsigned slot = 0, pieces = 0;
    struct virtio_block_header header = {.type = VIRTIO_BLOCK_IN};

    (void)state;
    /* The same 24 KiB twelve times: 288 KiB */
    memcpy(part_at(0, 0), &header, sizeof(header));
    buffers[0] = (struct virtio_buffer){PARTS, 16};
    for (unsigned i = 1; i < 13; i++)
        buffers[i] = (struct virtio_buffer){PARTS + 32, 24576};
    buffers[13] = (struct virtio_buffer){PARTS + 16, 1};
    assert_int_equal(virtio_driver_add(&clients[0].driver, buffers, 1, 13, &head), VIRTIO_OK);
    while (disk_next(&disk, &slot)) {
        assert_true(disk.slots[slot].piece.bytes <= PIECE_BYTES);
        pieces++;
    }
    assert_int_equal(pieces, 3);
    settle();
    assert_int_equal(part_at(0, 0)[16], VIRTIO_BLOCK_OK);
}

static void refusals(void **state)
{
    struct virtio_block_range range = {.sector = SECTORS - 1, .sectors = 2};

    (void)state;
    assert_true(send(0, VIRTIO_BLOCK_IN, SECTORS, 512));
    assert_true(send(0, VIRTIO_BLOCK_IN, SECTORS - 1, 1024));
    assert_true(send(0, VIRTIO_BLOCK_IN, UINT64_MAX, 512));
    assert_true(send(0, VIRTIO_BLOCK_OUT, 0, 511));
    settle();
    assert_int_equal(receive(0, VIRTIO_BLOCK_ERROR), 4);
    memcpy(part_at(0, 0) + 32, &range, sizeof(range));
    assert_true(send(0, VIRTIO_BLOCK_DISCARD, 0, sizeof(range)));
    settle();
    assert_int_equal(receive(0, VIRTIO_BLOCK_ERROR), 1);
    assert_true(send(0, VIRTIO_BLOCK_DISCARD, 0, 8));
    shares[1].read_only = true;
    assert_true(send(1, VIRTIO_BLOCK_OUT, 0, 512));
    settle();
    assert_int_equal(receive(0, VIRTIO_BLOCK_ERROR) + receive(1, VIRTIO_BLOCK_ERROR), 2);
    assert_true(send(0, 77, 0, 0));
    settle();
    assert_int_equal(receive(0, VIRTIO_BLOCK_UNSUPPORTED), 1);
    assert_true(send(0, VIRTIO_BLOCK_GET_ID, 0, 20));
    settle();
    assert_int_equal(receive(0, VIRTIO_BLOCK_OK), 1);
    assert_string_equal((char *)part_at(0, 0) + 32, "client");
}

static void a_failing_disk(void **state)
{
    unsigned slot = 0;

    (void)state;
    assert_true(send(0, VIRTIO_BLOCK_IN, 0, 512));
    assert_true(disk_next(&disk, &slot));
    disk_done(&disk, slot, 0xff);
    (void)share_step(&shares[0]);
    assert_int_equal(receive(0, VIRTIO_BLOCK_ERROR), 1);
}

static void attach_refuses(void **state)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&clients[0].driver);
    uint64_t word[8] = {99}, reply[8] = {0};

    (void)state;
    assert_true(tell(0, &rings) == (BLOCK_FAILED | BLOCK_BAD_QUEUE));
    share_detach(&shares[0]);
    rings.size = 128;
    assert_true(tell(0, &rings) == (BLOCK_FAILED | BLOCK_BAD_RING));
    rings.size = RING;
    rings.descriptors = MEMORY;
    assert_true(tell(0, &rings) == (BLOCK_FAILED | BLOCK_BAD_RING));
    shares[0].sectors = 0;
    assert_true(attach(0) == (BLOCK_FAILED | BLOCK_NO_DISK));
    share_answer(&disk, &shares[0], word, reply);
    assert_true(reply[0] == (BLOCK_FAILED | BLOCK_BAD_OPERATION));
    share_answer(&disk, NULL, word, reply);
    assert_true(reply[0] == (BLOCK_FAILED | BLOCK_BAD_CLIENT));
}

/* A request without header or status cannot even be answered. */
static void nonsense_stops_one_queue(void **state)
{
    struct virtio_buffer buffers[2] = {{PARTS, 15}, {PARTS + 16, 1}};
    uint16_t head = 0;
    uint64_t word[8] = {BLOCK_QUEUES}, reply[8] = {0};

    (void)state;
    assert_int_equal(virtio_driver_add(&clients[0].driver, buffers, 1, 1, &head), VIRTIO_OK);
    assert_true(send(1, VIRTIO_BLOCK_IN, 0, 512));
    settle();
    assert_int_equal(shares[0].queue.error, VIRTIO_BAD_REQUEST);
    share_answer(&disk, &shares[0], word, reply);
    assert_int_equal(reply[0], VIRTIO_SERVICE_BROKEN);
    assert_int_equal(receive(1, VIRTIO_BLOCK_OK), 1);
}

/* A piece of a queue that was let go neither writes to the client nor lets a new queue begin before it is back. */
static void let_go_with_a_piece_out(void **state)
{
    unsigned slot = 0, other = 0;

    (void)state;
    assert_true(send(0, VIRTIO_BLOCK_IN, 0, 512));
    memset(part_at(0, 0) + 32, 0x55, 512);
    assert_true(disk_next(&disk, &slot));
    share_detach(&shares[0]);
    assert_int_equal(attach(0), 0);
    assert_false(disk_next(&disk, &other));
    disk_done(&disk, slot, do_piece(&disk.slots[slot]));
    assert_int_equal(part_at(0, 0)[32], 0x55);
    settle();
    assert_int_equal(receive(0, VIRTIO_BLOCK_OK), 1);
}

/* Anything in a client's memory, at any moment: the others are served, and only client memory is touched (ASan). */
static void anything_in_a_ring(void **state)
{
    unsigned stopped = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct virtio_queue_setup rings = virtio_driver_queue(&clients[0].driver);
        uint16_t *index = (uint16_t *)(void *)(clients[0].memory + rings.available + 2);

        for (unsigned i = 0; i < RING; i++) {
            struct virtio_descriptor *one = (struct virtio_descriptor *)(void *)clients[0].memory + i;
            *one = (struct virtio_descriptor){pick(9) == 0 ? pick(UINT32_MAX) : pick(MEMORY),
                                              pick(9) == 0 ? pick(UINT32_MAX) : pick(4) * 512 + pick(2) * 16 + pick(2),
                                              (uint16_t)pick(pick(9) == 0 ? 8 : 4), (uint16_t)pick(RING + 1)};
        }
        for (unsigned i = 0; i < 64; i++) {
            struct virtio_block_header header = {pick(3) == 0 ? pick(14) : pick(2), 0, pick(SECTORS + 10)};
            memcpy(clients[0].memory + PARTS + pick(MEMORY - PARTS - 16), &header, sizeof(header));
        }
        memset(clients[0].memory + rings.available + 4, (int)pick(RING), 1);
        *index = (uint16_t)(shares[0].queue.next_available + pick(3));
        assert_true(send(1, VIRTIO_BLOCK_IN, pick(SECTORS - 1), 512));
        settle();
        assert_int_equal(receive(1, VIRTIO_BLOCK_OK), 1);
        if (!virtio_queue_works(&shares[0].queue)) {
            stopped++;
            share_detach(&shares[0]);
            assert_int_equal(attach(0), 0);
        }
    }
    assert_true(stopped > 100 && stopped < ROUNDS - 100);
}

int test_share(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_written_is_read, setup),  cmocka_unit_test_setup(clients_take_turns, setup),
        cmocka_unit_test_setup(long_requests_are_split, setup),  cmocka_unit_test_setup(refusals, setup),
        cmocka_unit_test_setup(a_failing_disk, setup),           cmocka_unit_test_setup(attach_refuses, setup),
        cmocka_unit_test_setup(nonsense_stops_one_queue, setup), cmocka_unit_test_setup(let_go_with_a_piece_out, setup),
        cmocka_unit_test_setup(anything_in_a_ring, setup),
    };

    return cmocka_run_group_tests_name("shares of a disk", tests, NULL, NULL);
}
