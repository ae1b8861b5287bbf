/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A ring written by the kernel's code and read by the component's.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/options/trace-on/trace_ring.h"
#include "services/trace/ring.h"
#include "services/trace/text.h"

static struct quoll_trace_ring ring;
static struct quoll_trace_record copy[QUOLL_TRACE_RECORDS + 16];

/* Record n says n everywhere. */
static void write_one(void)
{
    uint64_t n = ring.written;
    const struct quoll_trace_record record = {
        .time = n, .event = 1, .detail = (uint16_t)n, .thread = (uint32_t)n, .a = n, .b = n};

    trace_ring_write(&ring, &record);
}

static void write_many(uint64_t count)
{
    while (count-- > 0)
        write_one();
}

static int clear(void **state)
{
    (void)state;
    memset(&ring, 0, sizeof(ring));
    return 0;
}

static void expect_records(uint64_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(copy[i].time, first + i);
        assert_int_equal(copy[i].b, first + i);
    }
}

static void test_empty(void **state)
{
    uint64_t next = 0;
    uint64_t first = 7;

    (void)state;
    assert_int_equal(ring_copy(&ring, &next, &first, copy, 16), 0);
    assert_int_equal(next, 0);
    assert_int_equal(first, 0);
    assert_int_equal(ring_oldest(&ring), 0);
}

static void test_in_pieces(void **state)
{
    uint64_t next = 0;
    uint64_t first = 0;

    (void)state;
    write_many(10);
    assert_int_equal(ring_copy(&ring, &next, &first, copy, 4), 4);
    expect_records(0, 4);
    assert_int_equal(ring_copy(&ring, &next, &first, copy, 100), 6);
    assert_int_equal(first, 4);
    expect_records(4, 6);
    assert_int_equal(ring_copy(&ring, &next, &first, copy, 100), 0);
    assert_int_equal(next, 10);
}

/* One place is kept for the record that may be in the making. */
static void test_overwritten(void **state)
{
    uint64_t next = 0;
    uint64_t first = 0;

    (void)state;
    write_many(QUOLL_TRACE_RECORDS - 1);
    assert_int_equal(ring_oldest(&ring), 0);
    write_many(1);
    assert_int_equal(ring_oldest(&ring), 1);
    write_many(99);
    assert_int_equal(ring_copy(&ring, &next, &first, copy, QUOLL_TRACE_RECORDS), QUOLL_TRACE_RECORDS - 1);
    assert_int_equal(first, 100);
    assert_int_equal(next, QUOLL_TRACE_RECORDS + 99);
    expect_records(100, QUOLL_TRACE_RECORDS - 1);
}

static void test_behind_and_ahead(void **state)
{
    uint64_t next = 5 * QUOLL_TRACE_RECORDS;
    uint64_t first = 0;

    (void)state;
    write_many(10);
    assert_int_equal(ring_copy(&ring, &next, &first, copy, 4), 0); /* the board was started again */
    assert_int_equal(next, 5 * QUOLL_TRACE_RECORDS);
    next = 3;
    write_many(4 * QUOLL_TRACE_RECORDS);
    assert_int_equal(ring_copy(&ring, &next, &first, copy, 2), 2);
    assert_int_equal(first, 3 * QUOLL_TRACE_RECORDS + 11);
    expect_records(first, 2);
}

static void test_random(void **state)
{
    uint64_t next = 0;
    uint64_t seen = 0;
    uint64_t lost = 0;

    (void)state;
    srand(1);
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t before = next;
        uint64_t first = 0;

        write_many((uint64_t)rand() % (i % 50 == 0 ? 3 * QUOLL_TRACE_RECORDS : 300));
        size_t count = ring_copy(&ring, &next, &first, copy, (size_t)rand() % 600);

        expect_records(first, count);
        assert_true(first >= before);
        lost += first - before;
        seen += count;
        assert_int_equal(next, first + count);
        assert_int_equal(seen + lost, next);
    }
    assert_true(lost > 0 && seen > 10000);
}

/* Somebody writes all the while, as on another core: what is read is whole, and in order. */
static atomic_bool stop;

static void *writer(void *nothing)
{
    (void)nothing;
    while (!atomic_load(&stop))
        write_many(100);
    return NULL;
}

static void test_while_written(void **state)
{
    pthread_t thread;
    uint64_t next = 0;
    uint64_t seen = 0;

    (void)state;
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&thread, NULL, writer, NULL), 0);
    while (ring_written(&ring) < 2 * QUOLL_TRACE_RECORDS)
        ;
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t written = ring_written(&ring);
        uint64_t first = 0;

        /* At both ends: the newest, and the oldest, which are written over while they are copied. */
        next = i % 2 == 0 && written > 200 ? written - 200 : 0;
        size_t count = ring_copy(&ring, &next, &first, copy, QUOLL_TRACE_RECORDS);

        expect_records(first, count);
        seen += count;
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    assert_true(seen > 0);
}

static void test_sums(void **state)
{
    (void)state;
    ring.visits = 5;
    ring.longest = 6;
    ring.longest_at = 7;
    ring.longest_cause = 8;
    struct ring_sums sums = ring_sums(&ring);

    assert_int_equal(sums.visits, 5);
    assert_int_equal(sums.longest, 6);
    assert_int_equal(sums.at, 7);
    assert_int_equal(sums.cause, 8);
}

static void test_lines(void **state)
{
    const struct quoll_trace_record record = {.time = UINT64_MAX,
                                              .event = 255,
                                              .core = 15,
                                              .detail = 0xffff,
                                              .thread = UINT32_MAX,
                                              .a = UINT64_MAX,
                                              .b = UINT64_MAX};
    const struct ring_sums sums = {1, 2, 3, 4};
    char line[TEXT_LINE_MAX] = "";

    (void)state;
    text_begin(line, 62500000, 0, 900, "a-name-of-thirty-one-characters");
    assert_string_equal(line, "#tv 1 3b9aca0 0 384 a-name-of-thirty-one-characters *8e\n");
    text_record(line, 0, 0x162,
                &(struct quoll_trace_record){.time = 0x156a6, .event = 4, .detail = 0x50, .thread = 0x2000001, .a = 7});
    assert_string_equal(line, "#tr 0 162 156a6 4 50 2000001 7 0 *58\n");
    text_record(line, 15, UINT64_MAX, &record);
    assert_int_equal(strlen(line), 95);
    text_gap(line, 1, 16, 32);
    assert_string_equal(line, "#tg 1 10 20 *52\n");
    text_sums(line, 0, &sums);
    assert_string_equal(line, "#ts 0 1 2 3 4 *a4\n");
    text_end(line, 10);
    assert_string_equal(line, "#te a *7d\n");
}

int main(int count, char **argument)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_empty, clear),       cmocka_unit_test_setup(test_in_pieces, clear),
        cmocka_unit_test_setup(test_overwritten, clear), cmocka_unit_test_setup(test_behind_and_ahead, clear),
        cmocka_unit_test_setup(test_random, clear),      cmocka_unit_test_setup(test_while_written, clear),
        cmocka_unit_test_setup(test_sums, clear),        cmocka_unit_test_setup(test_lines, clear),
    };

    if (count > 1)
        cmocka_set_test_filter(argument[1]);
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
