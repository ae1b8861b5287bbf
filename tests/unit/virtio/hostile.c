/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rings full of anything: whatever stands there, the device side hands out only bytes of the guest's memory, stops in
 * bounded time, and writes nothing but used ring entries.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver.h"

enum { SIZE = 16, SEGMENTS = 16, ROUNDS = 40000, TAKES = 2 * SIZE };

static struct driver driver;
static struct virtio_queue queue;
static struct virtio_chain chain;
static struct virtio_segment segments[SEGMENTS];
static uint32_t random_state = 1;

static uint32_t pick(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

/* Mostly what a driver could mean, so that chains get long before they go wrong. */
static void scribble_descriptor(struct virtio_descriptor *descriptor)
{
    uint64_t address = GUEST_BASE + (pick(8) == 0 ? pick(2 * GUEST_SIZE) : BUFFER_OFFSET + pick(0x4000));

    *descriptor = (struct virtio_descriptor){
        .address = pick(50) == 0 ? (uint64_t)pick(UINT32_MAX) << 32 | pick(UINT32_MAX) : address,
        .length = pick(20) == 0 ? pick(UINT32_MAX) : pick(256) * 16,
        .flags = (uint16_t)(pick(30) == 0 ? pick(65536) : pick(4) | (pick(6) == 0 ? 4u : 0u)),
        .next = (uint16_t)(pick(30) == 0 ? pick(65536) : pick(SIZE)),
    };
}

static void scribble(void)
{
    for (unsigned i = 0; i < SIZE; i++) {
        scribble_descriptor(&driver.descriptors[i]);
        scribble_descriptor(&driver.indirect[i]);
        driver.available->ring[i] = (uint16_t)(pick(40) == 0 ? pick(65536) : pick(SIZE));
    }
    for (unsigned i = 0; i < SIZE; i++) {
        if ((driver.descriptors[i].flags & VIRTIO_DESCRIPTOR_INDIRECT) != 0 && pick(4) != 0) {
            driver.descriptors[i].address = GUEST_BASE + INDIRECT_OFFSET + pick(4) * 8;
            driver.descriptors[i].length = pick(SIZE + 2) * 16;
            driver.descriptors[i].flags &= (uint16_t)~VIRTIO_DESCRIPTOR_NEXT;
        }
    }
    driver.available->flags = (uint16_t)pick(65536);
    driver.available->index = (uint16_t)(pick(20) == 0 ? pick(65536) : queue.next_available + pick(SIZE + 1));
    *driver_used_event(&driver) = (uint16_t)pick(65536);
}

static void check_chain(void)
{
    uint64_t readable = 0;
    uint64_t writable = 0;

    assert_true(chain.head < SIZE);
    assert_in_range(chain.readable + chain.writable, 1, SEGMENTS);
    for (unsigned i = 0; i < (unsigned)chain.readable + chain.writable; i++) {
        assert_true(segments[i].base >= driver.memory);
        assert_true(segments[i].base + segments[i].length <= driver.memory + GUEST_SIZE);
        *(i < chain.readable ? &readable : &writable) += segments[i].length;
    }
    assert_int_equal(chain.readable_bytes, readable);
    assert_int_equal(chain.writable_bytes, writable);
}

static void anything_in_the_rings(void **state)
{
    unsigned seen[VIRTIO_ERROR_COUNT] = {0};

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (!virtio_queue_works(&queue)) {
            driver_reset(&driver, SIZE);
            struct virtio_queue_setup setup = driver_setup(&driver, (uint64_t)pick(4) << VIRTIO_F_INDIRECT_DESC);
            driver.used->index = (uint16_t)pick(65536);
            assert_int_equal(virtio_queue_attach(&queue, &driver.window, &setup), VIRTIO_OK);
        }
        scribble();
        uint16_t used = driver.used->index;
        unsigned taken = 0;
        enum virtio_error error = VIRTIO_OK;
        while (error == VIRTIO_OK) {
            assert_true(taken++ < TAKES);
            error = virtio_queue_take(&queue, &chain, segments, SEGMENTS);
            seen[error]++;
            if (error == VIRTIO_OK) {
                check_chain();
                virtio_queue_complete(&queue, chain.head, pick(UINT32_MAX));
                used++;
            }
        }
        assert_int_equal(driver.used->index, used);
        (void)virtio_queue_signal(&queue);
    }
    /* The rounds were worth it: every verdict but those of attaching and of others was met. */
    for (unsigned i = 0; i <= VIRTIO_TOO_LONG; i++)
        if (i != VIRTIO_DETACHED && i != VIRTIO_BAD_SIZE && i != VIRTIO_BAD_RING)
            assert_true(seen[i] > 10);
}

int test_hostile(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_in_the_rings),
    };
    virtio_queue_detach(&queue);
    return cmocka_run_group_tests_name("hostile virtio driver", tests, NULL, NULL);
}
