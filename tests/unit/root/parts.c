/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parts of root that need no kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

static struct allocator allocator;

static int fresh(void **state)
{
    (void)state;
    memset(&allocator, 0, sizeof(allocator));
    return 0;
}

static void takes_the_first_that_fits(void **state)
{
    struct allocator_range range = {0};

    (void)state;
    assert_true(allocator_add(&allocator, 0, 0x1000, 0x1000));
    assert_true(allocator_add(&allocator, 0, 0x10000, 0x10000));
    assert_true(allocator_take(&allocator, 0x1000, 0x1000, &range));
    assert_int_equal(range.base, 0x1000);
    assert_true(allocator_take(&allocator, 0x2000, 0x1000, &range));
    assert_int_equal(range.base, 0x10000);
    assert_int_equal(allocator.free, 0xe000);
    assert_int_equal(allocator_largest(&allocator), 0xe000);
    assert_false(allocator_take(&allocator, 0xf000, 0x1000, &range));
    assert_int_equal(range.size, 0);
    assert_false(allocator_take(&allocator, 0, 0x1000, &range));
}

static void aligns_and_keeps_what_lies_before(void **state)
{
    struct allocator_range large = {0}, small = {0};

    (void)state;
    assert_true(allocator_add(&allocator, 0, 0x40001000, 0x1000000));
    assert_true(allocator_take(&allocator, 0x200000, 0x200000, &large));
    assert_int_equal(large.base, 0x40200000);
    assert_true(allocator_take(&allocator, 0x1000, 0x1000, &small));
    assert_int_equal(small.base, 0x40001000);
    allocator_give(&allocator, &large);
    allocator_give(&allocator, &small);
    allocator_give(&allocator, &small); /* empty now: nothing happens */
    assert_int_equal(allocator.count, 1);
    assert_int_equal(allocator.free, allocator.total);
}

static void never_joins_two_ram_objects(void **state)
{
    (void)state;
    assert_true(allocator_add(&allocator, 0, 0x1000, 0x1000));
    assert_true(allocator_add(&allocator, 1, 0x2000, 0x1000));
    assert_true(allocator_add(&allocator, 2, 0x9000, 0));
    assert_int_equal(allocator.count, 2);
    assert_int_equal(allocator_largest(&allocator), 0x1000);
}

static void refuses_when_its_array_is_full(void **state)
{
    struct allocator_range range = {0};

    (void)state;
    for (unsigned i = 0; i < ALLOCATOR_RANGES_MAX; i++)
        assert_true(allocator_add(&allocator, 0, 0x10000 * (uint64_t)(i + 1), 0x3000));
    assert_false(allocator_add(&allocator, 0, 0x10000000000, 0x1000));
    /* A piece out of a middle would need one more entry: the fit is looked for where it needs none. */
    assert_false(allocator_take(&allocator, 0x1000, 0x20000, &range) && allocator.count > ALLOCATOR_RANGES_MAX);
}

static void accounts_to_the_byte(void **state)
{
    static struct allocator_range taken[64];

    (void)state;
    srand(1);
    memset(taken, 0, sizeof(taken));
    assert_true(allocator_add(&allocator, 0, 0x40003000, 0x800000));
    for (unsigned turn = 0; turn < 20000; turn++) {
        struct allocator_range *range = &taken[rand() % 64];
        uint64_t used = 0;

        if (range->size)
            allocator_give(&allocator, range);
        else
            (void)allocator_take(&allocator, 0x1000 * (uint64_t)(1 + rand() % 64), UINT64_C(0x1000) << rand() % 6,
                                 range);
        for (unsigned i = 0; i < 64; i++)
            used += taken[i].size;
        assert_int_equal(used + allocator.free, allocator.total);
    }
    for (unsigned i = 0; i < 64; i++)
        allocator_give(&allocator, &taken[i]);
    assert_int_equal(allocator.count, 1);
    assert_int_equal(allocator.free, allocator.total);
}

static void delays_grow_and_end(void **state)
{
    (void)state;
    assert_int_equal(supervise_delay_ns(0), 0);
    assert_int_equal(supervise_delay_ns(1), 0);
    assert_int_equal(supervise_delay_ns(2), 100000000);
    assert_int_equal(supervise_delay_ns(3), 200000000);
    assert_int_equal(supervise_delay_ns(8), 6400000000);
    assert_true(supervise_delay_ns(9) == UINT64_MAX);
}

static void log_keeps_the_newest(void **state)
{
    char text[64] = "";
    uint64_t start = 0;
    uint64_t before = log_end();

    (void)state;
    log_line("hello %d", 7);
    assert_int_equal(log_read(before, text, sizeof(text) - 1, &start), log_end() - before);
    assert_non_null(strstr(text, "] hello 7\n"));
    assert_int_equal(start, before);
    assert_int_equal(log_read(log_end(), text, sizeof(text), &start), 0);
    assert_int_equal(log_read(UINT64_MAX, text, sizeof(text), &start), 0);
    assert_int_equal(start, log_end());
    for (unsigned i = 0; i < LOG_SIZE / 10; i++)
        log_line("line %u", i);
    assert_int_equal(log_read(0, text, sizeof(text), &start), sizeof(text));
    assert_int_equal(start, log_end() - LOG_SIZE);
}

static void log_cuts_long_lines(void **state)
{
    char text[LOG_LINE_MAX + 50] = "";
    char line[LOG_LINE_MAX * 2] = "";
    uint64_t start = 0;
    uint64_t before = log_end();

    (void)state;
    memset(line, 'x', sizeof(line) - 1);
    log_line("%s", line);
    assert_int_equal(log_end() - before, LOG_LINE_MAX);
    assert_int_equal(log_read(before, text, sizeof(text), &start), LOG_LINE_MAX);
    assert_int_equal(text[LOG_LINE_MAX - 1], '\n');
}

enum { BASE = 0x10000000 };

static void frames_are_followed(void **state)
{
    uint64_t stack[16] = {0};
    uint64_t address[REPORT_FRAMES_MAX] = {0};

    (void)state;
    stack[2] = BASE + 48, stack[3] = 0x400010;
    stack[6] = BASE + 96, stack[7] = 0x400020;
    stack[12] = 0, stack[13] = 0;
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), BASE + 16, address), 2);
    assert_int_equal(address[0], 0x400010);
    assert_int_equal(address[1], 0x400020);
}

static void frames_are_not_trusted(void **state)
{
    uint64_t stack[64] = {0};
    uint64_t address[REPORT_FRAMES_MAX] = {0};

    (void)state;
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), 0, address), 0);
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), BASE - 16, address), 0);
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), BASE + 8, address), 0);
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), BASE + sizeof(stack), address), 0);
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), BASE + sizeof(stack) - 8, address), 0);
    assert_int_equal(report_frames(stack, BASE, 8, BASE, address), 0);
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), UINT64_MAX - 15, address), 0);
    stack[0] = BASE, stack[1] = 0x400010; /* a record that names itself */
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), BASE, address), 1);
    for (unsigned i = 0; i < 62; i += 2)
        stack[i] = BASE + (i + 2) * 8, stack[i + 1] = 0x400010;
    assert_int_equal(report_frames(stack, BASE, sizeof(stack), BASE, address), REPORT_FRAMES_MAX);
}

static void reasons_have_sentences(void **state)
{
    (void)state;
    for (uint64_t reason = QUOLL_FAULT_READ; reason <= QUOLL_FAULT_VCPU; reason++)
        assert_string_not_equal(report_reason(reason), "fault of an unknown kind");
    assert_string_equal(report_reason(0), "fault of an unknown kind");
    assert_string_equal(report_reason(99), "fault of an unknown kind");
    assert_string_equal(error_text(QUOLL_NO_MEMORY), "the pool has no block of the size that is needed");
    assert_string_equal(error_text((enum quoll_error)99), "unknown error");
}

int test_parts(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(takes_the_first_that_fits, fresh),
        cmocka_unit_test_setup(aligns_and_keeps_what_lies_before, fresh),
        cmocka_unit_test_setup(never_joins_two_ram_objects, fresh),
        cmocka_unit_test_setup(refuses_when_its_array_is_full, fresh),
        cmocka_unit_test_setup(accounts_to_the_byte, fresh),
        cmocka_unit_test(delays_grow_and_end),
        cmocka_unit_test(log_keeps_the_newest),
        cmocka_unit_test(log_cuts_long_lines),
        cmocka_unit_test(frames_are_followed),
        cmocka_unit_test(frames_are_not_trusted),
        cmocka_unit_test(reasons_have_sentences),
    };

    return cmocka_run_group_tests_name("root: parts", tests, NULL, NULL);
}
