/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients whose memory the device reaches itself: it gets exactly what the chain says, of nothing but the client's
 * memory, and a client that lets go has its memory back for good, whatever that costs the others.
 */
#include "tests.h"

#include <string.h>

#include "fixture.h"

/* Puts a chain straight into the ring of client 0. */
static void put(uint32_t type, const struct virtio_buffer *buffers, uint16_t readable, uint16_t writable)
{
    struct virtio_block_header header = {.type = type};
    uint16_t head = 0;

    memcpy(part_at(0, 0), &header, sizeof(header));
    assert_int_equal(virtio_driver_add(&clients[0].driver, buffers, readable, writable, &head), VIRTIO_OK);
}

/* The next piece, and what it must be made of: addresses of the client's. */
static unsigned expect(const struct virtio_buffer *buffers, unsigned count)
{
    unsigned slot = 0;

    assert_true(disk_next(&disk, &slot));
    assert_true(disk.slots[slot].direct);
    assert_int_equal(disk.slots[slot].piece.count, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(disk.slots[slot].piece.buffers[i + 1].address, memory_at(0) + buffers[i].address);
        assert_int_equal(disk.slots[slot].piece.buffers[i + 1].length, buffers[i].length);
    }
    return slot;
}

static void buffers_are_the_chains(void **state)
{
    /* Header and status in buffers with data, and a buffer of nothing. */
    const struct virtio_buffer out[] = {{PARTS, 16 + 100}, {PARTS + 999, 0}, {PARTS + 1000, 924}, {MEMORY - 1, 1}};
    const struct virtio_buffer written[] = {{PARTS + 16, 100}, {PARTS + 1000, 924}};
    const struct virtio_buffer in[] = {{PARTS, 7},          {PARTS + 7, 9},    {PARTS + 2000, 11},
                                       {MEMORY - 502, 502}, {PARTS + 3000, 0}, {MEMORY, 0}};
    const struct virtio_buffer read[] = {{PARTS + 2000, 11}, {MEMORY - 502, 501}};

    (void)state;
    put(VIRTIO_BLOCK_OUT, out, 3, 1);
    (void)expect(written, 2);
    clients[0].memory[MEMORY - 1] = 0xff;
    put(VIRTIO_BLOCK_IN, in, 2, 4);
    (void)expect(read, 2);
    settle();
    assert_int_equal(clients[0].memory[MEMORY - 1], VIRTIO_BLOCK_OK);
}

/* 24 KiB twelve times: 288 KiB, in pieces that end within a buffer. */
static void long_requests_are_split(void **state)
{
    struct virtio_buffer buffers[14] = {[0] = {PARTS, 16}, [13] = {PARTS + 16, 1}};
    struct virtio_buffer first[6], second[6], third[2];

    (void)state;
    for (unsigned i = 0; i < 12; i++)
        buffers[i + 1] = (struct virtio_buffer){PARTS + 32 + i * 24576, 24576};
    memcpy(first, buffers + 1, sizeof(first));
    first[5].length = 8192;
    memcpy(second, buffers + 6, sizeof(second));
    second[0].address += 8192;
    second[0].length = 16384;
    second[5].length = 16384;
    memcpy(third, buffers + 11, sizeof(third));
    third[0].address += 16384;
    third[0].length = 8192;
    put(VIRTIO_BLOCK_IN, buffers, 1, 13);
    (void)expect(first, 6);
    /* What the client writes into its ring now is too late. */
    memset(clients[0].memory, 0xff, 16 * RING);
    (void)expect(second, 6);
    (void)expect(third, 2);
    settle();
    assert_int_equal(part_at(0, 0)[16], VIRTIO_BLOCK_OK);
}

/* A device that takes few buffers gets more of them by the slot. */
static void too_many_buffers_are_copied(void **state)
{
    const struct virtio_buffer buffers[] = {
        {PARTS, 16}, {PARTS + 32, 100}, {PARTS + 132, 100}, {PARTS + 232, 312}, {PARTS + 16, 1}};
    unsigned slot = 0;

    (void)state;
    disk.buffers_max = 3;
    put(VIRTIO_BLOCK_IN, buffers, 1, 4);
    (void)expect(buffers + 1, 3);
    settle();
    disk.buffers_max = 2;
    part_at(0, 0)[16] = 0xff;
    memset(part_at(0, 0) + 32, 0x55, 512);
    put(VIRTIO_BLOCK_OUT, buffers, 4, 1);
    assert_true(disk_next(&disk, &slot));
    assert_false(disk.slots[slot].direct);
    assert_int_equal(disk.slots[slot].piece.count, 1);
    assert_int_equal(at_address(&disk.slots[slot], disk.slots[slot].piece.buffers[1])[511], 0x55);
    settle();
    assert_int_equal(part_at(0, 0)[16], VIRTIO_BLOCK_OK);
}

static void nothing_outside_the_window(void **state)
{
    const uint64_t wrong[] = {MEMORY - 511, MEMORY, UINT64_MAX - 100, memory_at(0), DATA_AT};
    unsigned slot = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct virtio_buffer buffers[] = {{PARTS, 16}, {wrong[i], 512}, {PARTS + 16, 1}};

        put(VIRTIO_BLOCK_IN, buffers, 1, 2);
        assert_false(disk_next(&disk, &slot));
        assert_int_equal(shares[0].queue.error, VIRTIO_BAD_BUFFER);
        assert_int_equal(setup_direct(state), 0);
    }
}

static void detach(unsigned number)
{
    uint64_t word[8] = {BLOCK_DETACH}, reply[8] = {0};

    share_answer(&disk, &shares[number], word, reply);
    assert_int_equal(reply[0], 0);
}

/* What the device forgets at its reset it gets once more, but for what reaches memory that was let go. */
static void let_go_with_a_piece_out(void **state)
{
    unsigned slot = 0, other = 0, none = 0;

    (void)state;
    assert_true(send(0, VIRTIO_BLOCK_IN, 0, 512));
    assert_true(send(1, VIRTIO_BLOCK_IN, 0, 512));
    assert_true(disk_next(&disk, &slot) && disk_next(&disk, &other));
    assert_false(disk_reaches_let_go(&disk));
    detach(0);
    assert_true(disk_reaches_let_go(&disk));
    disk_was_reset(&disk);
    assert_false(disk_reaches_let_go(&disk));
    assert_false(disk.slots[slot].busy);
    assert_true(disk.slots[other].busy && disk.slots[other].share == &shares[1]);
    /* Whoever let go waits for those that it disturbed, not they for it. */
    assert_int_equal(attach(0), 0);
    assert_true(send(2, VIRTIO_BLOCK_IN, 0, 512));
    assert_true(disk_next(&disk, &slot) && disk.slots[slot].share == &shares[2]);
    assert_false(disk_next(&disk, &none));
    disk_done(&disk, other, do_piece(&disk.slots[other]));
    assert_true(disk_next(&disk, &none) && disk.slots[none].share == &shares[0]);
    settle();
    assert_int_equal(receive(0, VIRTIO_BLOCK_OK) + receive(1, VIRTIO_BLOCK_OK) + receive(2, VIRTIO_BLOCK_OK), 3);
}

/* A piece that came back, or one that was copied, gives no reason to reset the device. */
static void let_go_of_nothing(void **state)
{
    unsigned slot = 0;

    (void)state;
    assert_true(send(0, VIRTIO_BLOCK_OUT, 0, 512));
    assert_true(disk_next(&disk, &slot));
    detach(0);
    disk_done(&disk, slot, do_piece(&disk.slots[slot]));
    assert_false(disk_reaches_let_go(&disk));
    assert_int_equal(attach(0), 0);
    shares[0].reached = false;
    assert_true(disk_next(&disk, &slot));
    detach(0);
    assert_false(disk_reaches_let_go(&disk));
    assert_int_equal(shares[0].pieces, 1);
    disk_done(&disk, slot, do_piece(&disk.slots[slot]));
    assert_int_equal(shares[0].pieces, 0);
}

/* Two clients let go as often as they can, of a device that forgets everything at a reset: the third gets on. */
static void letting_go_holds_nobody_up(void **state)
{
    unsigned slot = 0, resets = 0;

    (void)state;
    assert_true(send(2, VIRTIO_BLOCK_IN, 0, 512));
    for (unsigned i = 0; i < 100; i++) {
        (void)send(i % 2, VIRTIO_BLOCK_IN, 0, 512);
        while (disk_next(&disk, &slot))
            ;
        detach(i % 2);
        if (disk_reaches_let_go(&disk)) {
            disk_was_reset(&disk);
            resets++;
        }
        assert_int_equal(attach(i % 2), 0);
    }
    assert_int_equal(resets, 2);
    settle();
    assert_int_equal(receive(2, VIRTIO_BLOCK_OK), 1);
    assert_int_equal(disk.again, 0);
    assert_true(receive(0, VIRTIO_BLOCK_OK) != 0 && receive(1, VIRTIO_BLOCK_OK) != 0);
}

/* At any moment: while anybody writes and reads, somebody lets go, and nothing is written to it from then on. */
static void let_go_at_any_moment(void **state)
{
    static struct client before;
    unsigned resets = 0;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        unsigned slot = 0, number = pick(CLIENTS);

        for (unsigned i = 0; i < CLIENTS; i++)
            (void)send(i, VIRTIO_BLOCK_IN, pick(SECTORS - 50), (1 + pick(50)) * 512);
        while (disk_next(&disk, &slot))
            ;
        for (unsigned i = 0; i < SLOTS; i++)
            if (disk.slots[i].busy && pick(3) == 0)
                disk_done(&disk, i, do_piece(&disk.slots[i]));
        detach(number);
        memcpy(&before, &clients[number], sizeof(before));
        if (disk_reaches_let_go(&disk)) {
            disk_was_reset(&disk);
            resets++;
        }
        settle();
        assert_memory_equal(&before, &clients[number], sizeof(before));
        assert_int_equal(attach(number), 0);
        settle();
        for (unsigned i = 0; i < CLIENTS; i++) {
            (void)receive(i, VIRTIO_BLOCK_OK);
            assert_int_equal(clients[i].driver.chains, 0);
            assert_int_equal(shares[i].pieces, 0);
        }
        assert_int_equal(disk.again, 0);
    }
    assert_true(resets > 100);
}

int test_direct(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(buffers_are_the_chains, setup_direct),
        cmocka_unit_test_setup(long_requests_are_split, setup_direct),
        cmocka_unit_test_setup(too_many_buffers_are_copied, setup_direct),
        cmocka_unit_test_setup(nothing_outside_the_window, setup_direct),
        cmocka_unit_test_setup(let_go_with_a_piece_out, setup_direct),
        cmocka_unit_test_setup(let_go_of_nothing, setup_direct),
        cmocka_unit_test_setup(letting_go_holds_nobody_up, setup_direct),
        cmocka_unit_test_setup(let_go_at_any_moment, setup_direct),
    };

    return cmocka_run_group_tests_name("direct shares of a disk", tests, NULL, NULL);
}
