/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The driver side of a virtqueue: against the device side, and against a device that breaks each rule.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "virtio/driver.h"

enum { SIZE = 16, TABLE = 6, MEMORY = 0x4000, BUFFERS = 0x3000, ROUNDS = 200000 };

#define BASE        UINT64_C(0x80000)
#define EVENT_INDEX (UINT64_C(1) << VIRTIO_F_EVENT_IDX)
#define INDIRECT    (UINT64_C(1) << VIRTIO_F_INDIRECT_DESC)

static _Alignas(16) uint8_t memory[MEMORY];
static struct virtio_driver_slot slots[SIZE];
static struct virtio_driver driver;
static struct virtio_queue queue;
static const struct virtio_window window = {BASE, MEMORY, memory};
static uint32_t random_state = 1;

static uint32_t pick(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static void start(uint64_t features)
{
    const struct virtio_driver_setup setup = {memory, BASE, SIZE, TABLE, features, slots};

    assert_true(virtio_driver_bytes(SIZE, TABLE) <= BUFFERS);
    assert_int_equal(virtio_driver_start(&driver, &setup), VIRTIO_OK);
    struct virtio_queue_setup rings = virtio_driver_queue(&driver);
    virtio_queue_detach(&queue);
    assert_int_equal(virtio_queue_attach(&queue, &window, &rings), VIRTIO_OK);
}

static enum virtio_error add(uint16_t readable, uint16_t writable, uint16_t *head)
{
    struct virtio_buffer buffers[SIZE + 1] = {0};

    for (unsigned i = 0; i < (unsigned)readable + writable; i++)
        buffers[i] = (struct virtio_buffer){BASE + BUFFERS + 16 * i, i + 1};
    return virtio_driver_add(&driver, buffers, readable, writable, head);
}

static void start_refuses(void **state)
{
    struct virtio_driver_setup setup = {memory, BASE, 12, TABLE, 0, slots};

    (void)state;
    assert_int_equal(virtio_driver_start(&driver, &setup), VIRTIO_BAD_SIZE);
    setup.size = 0;
    assert_int_equal(virtio_driver_start(&driver, &setup), VIRTIO_BAD_SIZE);
    setup = (struct virtio_driver_setup){memory + 8, BASE, SIZE, TABLE, 0, slots};
    assert_int_equal(virtio_driver_start(&driver, &setup), VIRTIO_BAD_RING);
    setup = (struct virtio_driver_setup){memory, BASE + 8, SIZE, TABLE, 0, slots};
    assert_int_equal(virtio_driver_start(&driver, &setup), VIRTIO_BAD_RING);
}

static void full_and_too_long(void **state)
{
    uint16_t head = 0;
    uint32_t written = 0;

    (void)state;
    start(0);
    assert_int_equal(add(0, 0, &head), VIRTIO_TOO_LONG);
    assert_int_equal(add(SIZE, 1, &head), VIRTIO_TOO_LONG);
    assert_int_equal(add(SIZE - 2, 1, &head), VIRTIO_OK);
    assert_int_equal(add(1, 1, &head), VIRTIO_FULL);
    assert_int_equal(add(1, 0, &head), VIRTIO_OK);
    assert_int_equal(add(1, 0, &head), VIRTIO_FULL);
    assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_EMPTY);
    start(INDIRECT);
    for (unsigned i = 0; i < SIZE; i++)
        assert_int_equal(add(3, TABLE - 3, &head), VIRTIO_OK);
    assert_int_equal(add(1, 0, &head), VIRTIO_FULL);
}

/* What either side does next is random; the device answers in any order; both must agree on everything. */
static void agree(uint64_t features)
{
    struct virtio_segment segments[SIZE];
    uint16_t expected[SIZE][2];      /* by head: the buffers that went in */
    struct virtio_chain taken[SIZE]; /* that the device holds */
    uint32_t answered[SIZE];         /* by head: bytes that it said */
    unsigned held = 0, out = 0, back = 0;
    bool doorbell = true, interrupt = true; /* as if both sides were still busy */

    start(features);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint16_t readable = (uint16_t)pick(4), writable = (uint16_t)pick(4), head = 0;
        uint32_t written = 0;

        if (pick(2) == 0) {
            enum virtio_error error = add(readable, writable, &head);
            if (readable + writable == 0) {
                assert_int_equal(error, VIRTIO_TOO_LONG);
            } else if (error == VIRTIO_OK) {
                expected[head][0] = readable;
                expected[head][1] = writable;
                out++;
            } else {
                assert_int_equal(error, VIRTIO_FULL);
            }
            doorbell = virtio_driver_kick(&driver) || doorbell;
        }
        /* A device that was not told does nothing until it is: a lost notification would end the traffic. */
        if (doorbell && held < SIZE) {
            enum virtio_error error = virtio_queue_take(&queue, &taken[held], segments, SIZE);
            if (error == VIRTIO_OK) {
                assert_int_equal(taken[held].readable, expected[taken[held].head][0]);
                assert_int_equal(taken[held].writable, expected[taken[held].head][1]);
                for (unsigned i = 0; i < (unsigned)taken[held].readable + taken[held].writable; i++) {
                    assert_ptr_equal(segments[i].base, memory + BUFFERS + 16 * i);
                    assert_int_equal(segments[i].length, i + 1);
                }
                held++;
            } else {
                assert_int_equal(error, VIRTIO_EMPTY);
                doorbell = false;
            }
        }
        if (held != 0 && pick(3) == 0) {
            unsigned which = pick(held);
            uint32_t length = pick((uint32_t)taken[which].writable_bytes + 1);

            answered[taken[which].head] = length;
            virtio_queue_complete(&queue, taken[which].head, length);
            taken[which] = taken[--held];
            interrupt = virtio_queue_signal(&queue) || interrupt;
        }
        if (interrupt) {
            enum virtio_error error = virtio_driver_take(&driver, &head, &written);
            if (error == VIRTIO_OK) {
                assert_int_equal(written, answered[head]);
                back++;
            } else {
                assert_int_equal(error, VIRTIO_EMPTY);
                interrupt = false;
            }
        }
        assert_int_equal(driver.chains, out - back);
    }
    assert_true(back > ROUNDS / 20);
}

static void both_sides_agree(void **state)
{
    (void)state;
    agree(0);
    agree(EVENT_INDEX);
    agree(INDIRECT);
    agree(EVENT_INDEX | INDIRECT);
}

/* The device's part of the memory, to be written as nobody should. */
static struct virtio_used *used(void)
{
    return (struct virtio_used *)(void *)(memory + (virtio_driver_queue(&driver).used - BASE));
}

static void lying_device(void **state)
{
    uint16_t head = 0;
    uint32_t written = 0;
    const struct virtio_used_element bad[] = {{SIZE, 0}, {UINT32_MAX, 0}, {1, 0}, {0, 6}, {0, UINT32_MAX}};

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        start(0);
        assert_int_equal(add(1, 2, &head), VIRTIO_OK);
        assert_int_equal(head, 0);
        used()->ring[0] = bad[i];
        used()->index = 1;
        assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_BAD_USED);
        assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_BAD_USED);
        assert_int_equal(add(1, 0, &head), VIRTIO_BAD_USED);
        assert_false(virtio_driver_kick(&driver));
    }
    /* More came back than was given, at once and one by one. */
    start(0);
    assert_int_equal(add(0, 1, &head), VIRTIO_OK);
    used()->index = 2;
    assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_BAD_INDEX);
    start(0);
    assert_int_equal(add(0, 1, &head), VIRTIO_OK);
    assert_int_equal(add(0, 1, &head), VIRTIO_OK);
    used()->index = 2; /* names chain 0 twice */
    assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_OK);
    assert_int_equal(virtio_driver_take(&driver, &head, &written), VIRTIO_BAD_USED);
}

/* Whatever stands in memory that the device can write, no chain is handed out twice and no state is lost. */
static void anything_in_the_used_ring(void **state)
{
    unsigned taken = 0, stopped = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS / 4; round++) {
        uint16_t head = 0;
        uint32_t written = 0;

        if (round == 0 || driver.error != VIRTIO_OK) {
            start((uint64_t)pick(4) << VIRTIO_F_INDIRECT_DESC);
            stopped++;
        }
        (void)add((uint16_t)pick(4), (uint16_t)pick(4), &head);
        (void)virtio_driver_kick(&driver);
        for (unsigned i = 0; i < SIZE; i++)
            used()->ring[i] = (struct virtio_used_element){pick(20) == 0 ? pick(UINT32_MAX) : pick(SIZE),
                                                           pick(20) == 0 ? pick(UINT32_MAX) : 0};
        for (unsigned i = 0; i < virtio_descriptors_bytes(SIZE); i++)
            memory[i] = (uint8_t)pick(256);
        used()->index = (uint16_t)(driver.next_used + (pick(20) == 0 ? pick(65536) : pick(3)));
        while (virtio_driver_take(&driver, &head, &written) == VIRTIO_OK) {
            assert_true(head < SIZE);
            taken++;
        }
        unsigned busy = 0;
        for (unsigned i = 0; i < SIZE; i++)
            busy += slots[i].count;
        assert_int_equal(busy + driver.free_count, SIZE);
    }
    assert_true(taken > 1000 && stopped > 1000);
}

int test_both(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_refuses),
        cmocka_unit_test(full_and_too_long),
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(lying_device),
        cmocka_unit_test(anything_in_the_used_ring),
    };

    return cmocka_run_group_tests_name("virtio driver side", tests, NULL, NULL);
}
