/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The device side of a virtqueue against a driver that follows the rules, and one that breaks each.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "driver.h"

enum { SIZE = 8, SEGMENTS = 8 };

#define EVENT_INDEX (UINT64_C(1) << VIRTIO_F_EVENT_IDX)
#define INDIRECT    (UINT64_C(1) << VIRTIO_F_INDIRECT_DESC)

static struct driver driver;
static struct virtio_queue queue;
static struct virtio_chain chain;
static struct virtio_segment segments[SEGMENTS];

static void start(uint64_t features)
{
    driver_reset(&driver, SIZE);
    struct virtio_queue_setup setup = driver_setup(&driver, features);
    virtio_queue_detach(&queue);
    assert_int_equal(virtio_queue_attach(&queue, &driver.window, &setup), VIRTIO_OK);
}

static enum virtio_error take(void)
{
    return virtio_queue_take(&queue, &chain, segments, SEGMENTS);
}

static void window_bounds(void **state)
{
    uint8_t byte = 0;
    struct virtio_window window = {.address = 0x1000, .size = 0x1000, .base = &byte};

    (void)state;
    assert_ptr_equal(virtio_window_at(&window, 0x1000, 0x1000), &byte);
    assert_non_null(virtio_window_at(&window, 0x1fff, 1));
    assert_non_null(virtio_window_at(&window, 0x2000, 0));
    assert_null(virtio_window_at(&window, 0xfff, 1));
    assert_null(virtio_window_at(&window, 0x1fff, 2));
    assert_null(virtio_window_at(&window, 0x2001, 0));
    assert_null(virtio_window_at(&window, UINT64_MAX, 2));
    assert_null(virtio_window_at(&window, 0x1800, UINT64_MAX));
}

static void detached_answers_so(void **state)
{
    (void)state;
    virtio_queue_detach(&queue);
    assert_int_equal(take(), VIRTIO_DETACHED);
    virtio_queue_complete(&queue, 0, 0);
    assert_false(virtio_queue_signal(&queue));
    assert_false(virtio_queue_works(&queue));
}

static void attach_refuses(void **state)
{
    static const uint32_t sizes[] = {0, 3, 12, 65536, 32769, UINT32_MAX};

    (void)state;
    driver_reset(&driver, SIZE);
    virtio_queue_detach(&queue);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct virtio_queue_setup setup = driver_setup(&driver, 0);
        setup.size = sizes[i];
        assert_int_equal(virtio_queue_attach(&queue, &driver.window, &setup), VIRTIO_BAD_SIZE);
    }
    /* Each ring: not aligned, below, above, ending one byte too late, wrapping around. */
    static const uint64_t alignment[] = {16, 2, 4};
    const uint64_t bytes[] = {virtio_descriptors_bytes(SIZE), virtio_available_bytes(SIZE), virtio_used_bytes(SIZE)};
    for (unsigned ring = 0; ring < 3; ring++) {
        uint64_t last = (GUEST_BASE + GUEST_SIZE - bytes[ring]) / alignment[ring] * alignment[ring];
        const uint64_t bad[] = {GUEST_BASE + alignment[ring] / 2, GUEST_BASE - alignment[ring], last + alignment[ring],
                                GUEST_BASE + GUEST_SIZE, UINT64_MAX - alignment[ring] + 1};
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            struct virtio_queue_setup setup = driver_setup(&driver, 0);
            uint64_t *const address[] = {&setup.descriptors, &setup.available, &setup.used};
            *address[ring] = bad[i];
            assert_int_equal(virtio_queue_attach(&queue, &driver.window, &setup), VIRTIO_BAD_RING);
        }
        struct virtio_queue_setup setup = driver_setup(&driver, 0);
        uint64_t *const address[] = {&setup.descriptors, &setup.available, &setup.used};
        *address[ring] = last;
        assert_int_equal(virtio_queue_attach(&queue, &driver.window, &setup), VIRTIO_OK);
        virtio_queue_detach(&queue);
    }
    assert_int_equal(queue.error, VIRTIO_DETACHED);
}

static void chain_of_three(void **state)
{
    (void)state;
    start(0);
    driver_describe(driver.descriptors, 5, BUFFER_OFFSET, 10, VIRTIO_DESCRIPTOR_NEXT, 2);
    driver_describe(driver.descriptors, 2, BUFFER_OFFSET + 100, 20, VIRTIO_DESCRIPTOR_NEXT, 7);
    driver_describe(driver.descriptors, 7, BUFFER_OFFSET + 200, 30, VIRTIO_DESCRIPTOR_WRITE, 0xffff);
    assert_int_equal(take(), VIRTIO_EMPTY);
    driver_offer(&driver, 5);
    assert_int_equal(take(), VIRTIO_OK);
    assert_int_equal(chain.head, 5);
    assert_int_equal(chain.readable, 2);
    assert_int_equal(chain.writable, 1);
    assert_int_equal(chain.readable_bytes, 30);
    assert_int_equal(chain.writable_bytes, 30);
    assert_ptr_equal(segments[1].base, driver.memory + BUFFER_OFFSET + 100);
    assert_int_equal(segments[2].length, 30);
    assert_int_equal(take(), VIRTIO_EMPTY);

    virtio_queue_complete(&queue, chain.head, 12);
    assert_int_equal(driver.used->index, 1);
    assert_int_equal(driver.used->ring[0].id, 5);
    assert_int_equal(driver.used->ring[0].length, 12);
    assert_true(virtio_queue_signal(&queue));
    assert_false(virtio_queue_signal(&queue));
}

/* Across the end of both rings: the driver sees all or nothing, and what is put back comes again. */
static void several_at_once(void **state)
{
    (void)state;
    start(EVENT_INDEX);
    for (unsigned i = 0; i < SIZE; i++)
        driver_describe(driver.descriptors, (uint16_t)i, BUFFER_OFFSET, 10, VIRTIO_DESCRIPTOR_WRITE, 0);
    for (unsigned round = 0; round < 5; round++) {
        uint16_t before = driver.used->index;

        for (unsigned i = 0; i < 3; i++)
            driver_offer(&driver, (uint16_t)(2 * i));
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(take(), VIRTIO_OK);
        virtio_queue_put_back(&queue, 2);
        for (uint16_t i = 0; i < 3; i++) {
            if (i != 0) {
                assert_int_equal(take(), VIRTIO_OK);
                assert_int_equal(chain.head, 2 * i);
            }
            virtio_queue_fill(&queue, i, (uint16_t)(2 * i), 10U + i);
            assert_int_equal(driver.used->index, before);
        }
        assert_int_equal(take(), VIRTIO_EMPTY);
        virtio_queue_publish(&queue, 3);
        assert_int_equal(driver.used->index, before + 3);
        for (uint16_t i = 0; i < 3; i++) {
            assert_int_equal(driver.used->ring[(before + i) % SIZE].id, 2 * i);
            assert_int_equal(driver.used->ring[(before + i) % SIZE].length, 10 + i);
        }
    }
    virtio_queue_stop(&queue, VIRTIO_BAD_REQUEST);
    virtio_queue_put_back(&queue, 1);
    virtio_queue_fill(&queue, 0, 0, 1);
    virtio_queue_publish(&queue, 1);
    assert_int_equal(driver.used->index, 15);
}

static void indices_wrap(void **state)
{
    (void)state;
    start(EVENT_INDEX);
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 1, 0, 0);
    for (unsigned i = 0; i < 0x10000 + 2 * SIZE; i++) {
        *driver_used_event(&driver) = driver.used->index;
        driver_offer(&driver, 0);
        assert_int_equal(take(), VIRTIO_OK);
        virtio_queue_complete(&queue, chain.head, i);
        assert_int_equal(driver.used->ring[i % SIZE].length, i);
        assert_true(virtio_queue_signal(&queue));
        assert_int_equal(take(), VIRTIO_EMPTY);
        assert_int_equal(*driver_available_event(&driver), driver.available->index);
    }
}

static void full_ring(void **state)
{
    (void)state;
    start(0);
    for (uint16_t i = 0; i < SIZE; i++) {
        driver_describe(driver.descriptors, i, BUFFER_OFFSET, i, 0, 0);
        driver_offer(&driver, i);
    }
    for (uint16_t i = 0; i < SIZE; i++) {
        assert_int_equal(take(), VIRTIO_OK);
        assert_int_equal(chain.head, i);
    }
    assert_int_equal(take(), VIRTIO_EMPTY);
}

static void indirect_table(void **state)
{
    (void)state;
    start(INDIRECT);
    /* A plain descriptor, then an indirect table (virtio 1.2, 2.7.5.3.2); WRITE on the indirect one means nothing. */
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 4, VIRTIO_DESCRIPTOR_NEXT, 1);
    driver_describe(driver.descriptors, 1, INDIRECT_OFFSET, 3 * 16,
                    VIRTIO_DESCRIPTOR_INDIRECT | VIRTIO_DESCRIPTOR_WRITE, 0);
    driver_describe(driver.indirect, 0, BUFFER_OFFSET + 8, 5, VIRTIO_DESCRIPTOR_NEXT, 2);
    driver_describe(driver.indirect, 2, BUFFER_OFFSET + 16, 6, VIRTIO_DESCRIPTOR_WRITE, 0);
    driver_offer(&driver, 0);
    assert_int_equal(take(), VIRTIO_OK);
    assert_int_equal(chain.readable, 2);
    assert_int_equal(chain.writable, 1);
    assert_int_equal(chain.readable_bytes, 9);
    assert_ptr_equal(segments[2].base, driver.memory + BUFFER_OFFSET + 16);
}

static void resumes_behind_what_was_answered(void **state)
{
    (void)state;
    start(0);
    driver_describe(driver.descriptors, 3, BUFFER_OFFSET, 7, 0, 0);
    driver_offer(&driver, 3);
    assert_int_equal(take(), VIRTIO_OK);
    virtio_queue_complete(&queue, chain.head, 0);
    driver_offer(&driver, 3);
    assert_int_equal(take(), VIRTIO_OK);

    /* The service dies with one chain taken and not answered. */
    struct virtio_queue_setup setup = driver_setup(&driver, EVENT_INDEX);
    assert_int_equal(virtio_queue_attach(&queue, &driver.window, &setup), VIRTIO_OK);
    assert_int_equal(take(), VIRTIO_OK);
    assert_int_equal(take(), VIRTIO_EMPTY);
    virtio_queue_complete(&queue, chain.head, 0);
    assert_int_equal(driver.used->index, 2);
}

static void signals_as_the_driver_wishes(void **state)
{
    (void)state;
    start(0);
    driver.available->flags = VIRTIO_AVAILABLE_NO_INTERRUPT;
    virtio_queue_complete(&queue, 0, 0);
    assert_false(virtio_queue_signal(&queue));
    driver.available->flags = 0;
    assert_false(virtio_queue_signal(&queue));
    virtio_queue_complete(&queue, 0, 0);
    assert_true(virtio_queue_signal(&queue));

    start(EVENT_INDEX);
    driver.available->flags = VIRTIO_AVAILABLE_NO_INTERRUPT; /* means nothing with EVENT_IDX */
    *driver_used_event(&driver) = 2;
    virtio_queue_complete(&queue, 0, 0);
    virtio_queue_complete(&queue, 0, 0);
    assert_false(virtio_queue_signal(&queue));
    virtio_queue_complete(&queue, 0, 0);
    assert_true(virtio_queue_signal(&queue));
    virtio_queue_complete(&queue, 0, 0);
    assert_false(virtio_queue_signal(&queue));
    *driver_used_event(&driver) = 4;
    virtio_queue_complete(&queue, 0, 0);
    virtio_queue_complete(&queue, 0, 0);
    assert_true(virtio_queue_signal(&queue));
}

/* One dies between the used index and the interrupt: the next one makes up for it. */
static void signals_what_a_dead_service_did_not(void **state)
{
    static const uint64_t features[] = {0, EVENT_INDEX};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        start(features[i]);
        assert_false(virtio_queue_signal(&queue));
        for (unsigned j = 0; j < 3; j++)
            virtio_queue_complete(&queue, 0, 0);

        struct virtio_queue_setup setup = driver_setup(&driver, features[i]);
        assert_int_equal(virtio_queue_attach(&queue, &driver.window, &setup), VIRTIO_OK);
        assert_true(virtio_queue_signal(&queue));
        assert_false(virtio_queue_signal(&queue));
    }
}

/* The same when the used index has been all the way round. */
static void signals_what_a_dead_service_did_not_at_zero(void **state)
{
    static const uint64_t features[] = {0, EVENT_INDEX};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        start(features[i]);
        *driver_used_event(&driver) = features[i] != 0 ? UINT16_MAX : 0;
        for (unsigned j = 0; j <= UINT16_MAX; j++)
            virtio_queue_complete(&queue, 0, features[i] != 0 ? 0 : 1);
        assert_int_equal(driver.used->index, 0);

        struct virtio_queue_setup setup = driver_setup(&driver, features[i]);
        assert_int_equal(virtio_queue_attach(&queue, &driver.window, &setup), VIRTIO_OK);
        assert_true(virtio_queue_signal(&queue));
        assert_false(virtio_queue_signal(&queue));
    }
}

/* One mistake each; afterwards the queue stays stopped and writes nothing more. */

static void loop_in_table(void)
{
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 1, VIRTIO_DESCRIPTOR_NEXT, 1);
    driver_describe(driver.descriptors, 1, BUFFER_OFFSET, 1, VIRTIO_DESCRIPTOR_NEXT, 0);
}

static void loop_in_indirect(void)
{
    driver_describe(driver.descriptors, 0, INDIRECT_OFFSET, 16, VIRTIO_DESCRIPTOR_INDIRECT, 0);
    driver_describe(driver.indirect, 0, BUFFER_OFFSET, 1, VIRTIO_DESCRIPTOR_NEXT, 0);
}

static void head_outside(void)
{
    driver.available->ring[0] = SIZE;
}

static void index_ahead(void)
{
    driver.available->index = SIZE + 1;
}

static void index_behind(void)
{
    driver.available->index = 0xffff;
}

static void next_outside(void)
{
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 1, VIRTIO_DESCRIPTOR_NEXT, SIZE);
}

static void next_outside_indirect(void)
{
    driver_describe(driver.descriptors, 0, INDIRECT_OFFSET, 32, VIRTIO_DESCRIPTOR_INDIRECT, 0);
    driver_describe(driver.indirect, 0, BUFFER_OFFSET, 1, VIRTIO_DESCRIPTOR_NEXT, 2);
}

static void buffer_below(void)
{
    driver.descriptors[0].address = GUEST_BASE - 1;
}

static void buffer_across_the_end(void)
{
    driver_describe(driver.descriptors, 0, GUEST_SIZE - 1, 2, 0, 0);
}

static void buffer_wraps(void)
{
    driver.descriptors[0] = (struct virtio_descriptor){.address = UINT64_MAX - 1, .length = UINT32_MAX};
}

static void buffer_too_long(void)
{
    driver.descriptors[0].length = UINT32_MAX;
}

static void readable_behind_writable(void)
{
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 1, VIRTIO_DESCRIPTOR_NEXT | VIRTIO_DESCRIPTOR_WRITE, 1);
    driver_describe(driver.descriptors, 1, BUFFER_OFFSET, 1, 0, 0);
}

static void indirect_with_next(void)
{
    driver_describe(driver.descriptors, 0, INDIRECT_OFFSET, 16, VIRTIO_DESCRIPTOR_INDIRECT | VIRTIO_DESCRIPTOR_NEXT, 1);
}

static void indirect_empty(void)
{
    driver_describe(driver.descriptors, 0, INDIRECT_OFFSET, 0, VIRTIO_DESCRIPTOR_INDIRECT, 0);
}

static void indirect_odd(void)
{
    driver_describe(driver.descriptors, 0, INDIRECT_OFFSET, 24, VIRTIO_DESCRIPTOR_INDIRECT, 0);
}

static void indirect_misaligned(void)
{
    driver_describe(driver.descriptors, 0, INDIRECT_OFFSET + 4, 16, VIRTIO_DESCRIPTOR_INDIRECT, 0);
}

static void indirect_outside(void)
{
    driver_describe(driver.descriptors, 0, GUEST_SIZE - 16, 32, VIRTIO_DESCRIPTOR_INDIRECT, 0);
}

static void indirect_nested(void)
{
    driver_describe(driver.descriptors, 0, INDIRECT_OFFSET, 16, VIRTIO_DESCRIPTOR_INDIRECT, 0);
    driver_describe(driver.indirect, 0, INDIRECT_OFFSET, 16, VIRTIO_DESCRIPTOR_INDIRECT, 0);
}

static const struct mistake {
    const char *name;
    void (*make)(void);
    uint64_t features;
    enum virtio_error expected;
} mistakes[] = {
    {"loop in table", loop_in_table, 0, VIRTIO_TOO_LONG},
    {"loop in indirect table", loop_in_indirect, INDIRECT, VIRTIO_TOO_LONG},
    {"head outside", head_outside, 0, VIRTIO_BAD_HEAD},
    {"index ahead", index_ahead, 0, VIRTIO_BAD_INDEX},
    {"index behind", index_behind, EVENT_INDEX, VIRTIO_BAD_INDEX},
    {"next outside", next_outside, 0, VIRTIO_BAD_NEXT},
    {"next outside indirect", next_outside_indirect, INDIRECT, VIRTIO_BAD_NEXT},
    {"buffer below", buffer_below, 0, VIRTIO_BAD_BUFFER},
    {"buffer across the end", buffer_across_the_end, 0, VIRTIO_BAD_BUFFER},
    {"buffer wraps", buffer_wraps, 0, VIRTIO_BAD_BUFFER},
    {"buffer too long", buffer_too_long, 0, VIRTIO_BAD_BUFFER},
    {"readable behind writable", readable_behind_writable, 0, VIRTIO_BAD_ORDER},
    {"indirect not negotiated", indirect_empty, EVENT_INDEX, VIRTIO_BAD_INDIRECT},
    {"indirect with next", indirect_with_next, INDIRECT, VIRTIO_BAD_INDIRECT},
    {"indirect empty", indirect_empty, INDIRECT, VIRTIO_BAD_INDIRECT},
    {"indirect odd", indirect_odd, INDIRECT, VIRTIO_BAD_INDIRECT},
    {"indirect misaligned", indirect_misaligned, INDIRECT, VIRTIO_BAD_BUFFER},
    {"indirect outside", indirect_outside, INDIRECT, VIRTIO_BAD_BUFFER},
    {"indirect nested", indirect_nested, INDIRECT, VIRTIO_BAD_INDIRECT},
};

static void mistakes_stop_the_queue(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        start(mistakes[i].features);
        driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 1, 0, 0);
        driver_offer(&driver, 0);
        mistakes[i].make();
        enum virtio_error error = take();
        if (error != mistakes[i].expected)
            fail_msg("%s: %s", mistakes[i].name, virtio_error_text(error));
        driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 1, 0, 0);
        driver.available->index = 1;
        driver.available->ring[0] = 0;
        assert_int_equal(take(), mistakes[i].expected);
        virtio_queue_complete(&queue, 0, 0);
        assert_int_equal(driver.used->index, 0);
        assert_false(virtio_queue_signal(&queue));
    }
}

/* They are counted, whatever they are; the driver tells of the next. */
static void waiting_chains_are_not_read(void **state)
{
    (void)state;
    start(EVENT_INDEX);
    driver_describe(driver.descriptors, 0, BUFFER_OFFSET, 1, VIRTIO_DESCRIPTOR_NEXT, 0);
    for (unsigned i = 0; i < SIZE; i++)
        driver_offer(&driver, i == 0 ? 0 : SIZE);
    assert_int_equal(virtio_queue_waiting(&queue), SIZE);
    assert_int_equal(*driver_available_event(&driver), SIZE);
    assert_int_equal(queue.next_available, 0);
    driver_offer(&driver, 0);
    assert_int_equal(virtio_queue_waiting(&queue), 0);
    assert_int_equal(queue.error, VIRTIO_BAD_INDEX);
    assert_int_equal(virtio_queue_waiting(&queue), 0);
}

static void chain_longer_than_the_caller_takes(void **state)
{
    (void)state;
    start(0);
    for (uint16_t i = 0; i < SIZE; i++)
        driver_describe(driver.descriptors, i, BUFFER_OFFSET, 1, i + 1 < SIZE ? VIRTIO_DESCRIPTOR_NEXT : 0,
                        (uint16_t)(i + 1));
    driver_offer(&driver, 0);
    assert_int_equal(virtio_queue_take(&queue, &chain, segments, SIZE - 1), VIRTIO_TOO_LONG);
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VIRTIO_ERROR_COUNT; i++)
        assert_non_null(virtio_error_text((enum virtio_error)i));
    assert_string_equal(virtio_error_text(VIRTIO_ERROR_COUNT), "unknown");
}

int test_queue(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_bounds),
        cmocka_unit_test(detached_answers_so),
        cmocka_unit_test(attach_refuses),
        cmocka_unit_test(chain_of_three),
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(indices_wrap),
        cmocka_unit_test(full_ring),
        cmocka_unit_test(indirect_table),
        cmocka_unit_test(resumes_behind_what_was_answered),
        cmocka_unit_test(signals_as_the_driver_wishes),
        cmocka_unit_test(signals_what_a_dead_service_did_not),
        cmocka_unit_test(signals_what_a_dead_service_did_not_at_zero),
        cmocka_unit_test(mistakes_stop_the_queue),
        cmocka_unit_test(waiting_chains_are_not_read),
        cmocka_unit_test(chain_longer_than_the_caller_takes),
        cmocka_unit_test(every_error_has_a_text),
    };
    return cmocka_run_group_tests_name("virtio queue", tests, NULL, NULL);
}
