/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients of one disk, which is memory here: what they write they read again, whatever the disk's order and however
 * often the service is made again; they take turns; and whoever writes nonsense loses its own queue.
 */
#include "tests.h"

#include <string.h>

#include "fixture.h"

enum { ROUNDS = 20000 };

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

/* What was asked for before there were clients is answered too late: a partition table nobody waits for any more. */
static void an_answer_nobody_waits_for(void **state)
{
    (void)state;
    assert_false(disk.slots[0].busy);
    disk_done(&disk, 0, VIRTIO_BLOCK_OK);
    assert_false(disk.slots[0].busy);
    for (unsigned i = 0; i < CLIENTS; i++)
        assert_int_equal(shares[i].pieces, 0);
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

/* What block.c does at an event; the device has done what is in `done`. True: once more, without one. */
static bool run(bool done[SLOTS])
{
    bool room = false;
    unsigned slot = 0;

    for (unsigned i = 0; i < SLOTS; i++) {
        if (done[i])
            disk_done(&disk, i, do_piece(&disk.slots[i]));
        done[i] = false;
    }
    while (disk_next(&disk, &slot))
        ;
    for (unsigned i = 0; i < CLIENTS; i++)
        room = (share_step(&shares[i]) & SHARE_ROOM) != 0 || room;
    return room;
}

/* Doorbells that a queue asked for, and the device's interrupts: nothing else is needed for everything to be done. */
static void events_are_enough(void **state)
{
    bool done[SLOTS] = {false};

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        unsigned sent = 0;
        bool event = false;

        for (unsigned i = pick(2 * PART_COUNT); i > 0; i--) {
            /* Of one in three nothing reaches the device. */
            uint32_t type = pick(3) == 0 ? VIRTIO_BLOCK_GET_ID : VIRTIO_BLOCK_IN;
            unsigned number = pick(CLIENTS);

            sent += send(number, type, pick(SECTORS), 512);
            if (pick(3) == 0)
                event = virtio_driver_kick(&clients[number].driver) || event;
        }
        for (unsigned i = 0; i < CLIENTS; i++)
            event = virtio_driver_kick(&clients[i].driver) || event;
        while (event) {
            while (run(done))
                ;
            event = false;
            for (unsigned i = 0; i < SLOTS && !event; i++)
                event = done[i] = disk.slots[i].busy && pick(2) == 0;
            for (unsigned i = 0; i < SLOTS && !event; i++)
                event = done[i] = disk.slots[i].busy;
        }
        assert_int_equal(receive(0, VIRTIO_BLOCK_OK) + receive(1, VIRTIO_BLOCK_OK) + receive(2, VIRTIO_BLOCK_OK), sent);
    }
}

int test_share(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_written_is_read, setup_copied),
        cmocka_unit_test_setup(what_is_written_is_read, setup_mixed),
        cmocka_unit_test_setup(what_is_written_is_read, setup_direct),
        cmocka_unit_test_setup(clients_take_turns, setup_copied),
        cmocka_unit_test_setup(long_requests_are_split, setup_copied),
        cmocka_unit_test_setup(refusals, setup_copied),
        cmocka_unit_test_setup(a_failing_disk, setup_copied),
        cmocka_unit_test_setup(attach_refuses, setup_copied),
        cmocka_unit_test_setup(nonsense_stops_one_queue, setup_copied),
        cmocka_unit_test_setup(let_go_with_a_piece_out, setup_copied),
        cmocka_unit_test_setup(an_answer_nobody_waits_for, setup_copied),
        cmocka_unit_test_setup(events_are_enough, setup_mixed),
        cmocka_unit_test_setup(anything_in_a_ring, setup_copied),
        cmocka_unit_test_setup(anything_in_a_ring, setup_direct),
    };

    return cmocka_run_group_tests_name("shares of a disk", tests, NULL, NULL);
}
