/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Console output through a serial in every condition, and lines from keys. The state of the console is that of the
 * component and outlives a test, so each begins by making serial heard.
 */
#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "rt/console.h"
#include "rt/time.h"

static int heard(void **state)
{
    fake_setup(state);
    fake.now = UINT64_C(1) << 40;
    console_peer_restarted();
    assert_int_equal(console_write("x", 1), 1);
    fake.output_length = 0;
    fake.calls = 0;
    return 0;
}

static void nothing_is_waited_for_without_a_console(void **state)
{
    (void)state;
    fake_setup(NULL);
    fake.dead_calls = -1;
    assert_int_equal(console_write("hello", 5), 0);
    assert_int_equal(fake.calls, 1);
    assert_true(fake.now < 1100);
    assert_int_equal(console_dropped(), 5);
}

static void long_output_goes_in_parts(void **state)
{
    char text[150] = "";

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(console_write(text, sizeof(text)), sizeof(text));
    assert_int_equal(fake.calls, 3);
    assert_memory_equal(fake.output, text, sizeof(text));
}

static void what_was_taken_in_part_goes_on(void **state)
{
    (void)state;
    fake.room = 7;
    assert_int_equal(console_write("0123456789abcdef", 16), 16);
    assert_memory_equal(fake.output, "0123456789abcdef", 16);
}

static void a_serial_made_again_is_waited_for(void **state)
{
    (void)state;
    fake.dead_calls = 2;
    assert_int_equal(console_write("hello", 5), 5);
    assert_int_equal(fake.calls, 3);
}

static void a_dead_serial_is_given_up(void **state)
{
    uint64_t begin = fake.now;

    (void)state;
    fake.dead_calls = -1;
    assert_int_equal(console_write("hello", 5), 0);
    assert_true(time_ticks_to_ns(fake.now - begin) < 100000000);
    unsigned calls = fake.calls;

    assert_int_equal(console_write("again", 5), 0); /* not even tried */
    assert_int_equal(fake.calls, calls);
    fake.dead_calls = 0;
    console_peer_restarted();
    assert_int_equal(console_write("back", 4), 4);
}

static void a_dead_serial_is_tried_again_later(void **state)
{
    (void)state;
    fake.dead_calls = -1;
    assert_int_equal(console_write("hello", 5), 0);
    fake.dead_calls = 0;
    fake.now += time_ns_to_ticks(UINT64_C(2000000000));
    assert_int_equal(console_write("back", 4), 4);
}

static void a_full_or_refusing_serial_is_given_up(void **state)
{
    (void)state;
    fake.room = 0;
    assert_int_equal(console_write("hello", 5), 0);
    heard(NULL);
    fake.refuses = true;
    assert_int_equal(console_write("hello", 5), 0);
}

static void input_is_taken_whole(void **state)
{
    char text[200] = "";

    (void)state;
    fake.input = "0123456789012345678901234567890123456789012345678901234567890123456789";
    assert_int_equal(console_read(text, sizeof(text)), 70);
    assert_string_equal(text, "0123456789012345678901234567890123456789012345678901234567890123456789");
    fake.input = "more";
    assert_int_equal(console_read(text, 55), 0); /* less than a message might hold */
    fake.dead_calls = 1;
    assert_int_equal(console_read(text, sizeof(text)), 0);
    fake.refuses = true;
    assert_int_equal(console_read(text, sizeof(text)), 0);
}

static void keys_become_lines(void **state)
{
    char line[CONSOLE_LINE_MAX] = "";

    (void)state;
    fake.input = "stax\bts\rps\nhal";
    assert_true(console_line(line));
    assert_string_equal(line, "stats");
    assert_true(console_line(line));
    assert_string_equal(line, "ps");
    assert_false(console_line(line));
    fake.input = "f\x7f\x7f\x7f\x7f\x7fl\x1b\r";
    assert_true(console_line(line));
    assert_string_equal(line, "l");
}

static void long_lines_are_cut(void **state)
{
    char line[CONSOLE_LINE_MAX] = "";
    char keys[300] = "";

    (void)state;
    memset(keys, 'k', 200);
    keys[200] = '\r';
    fake.input = keys;
    assert_true(console_line(line));
    assert_int_equal(strlen(line), CONSOLE_LINE_MAX - 1);
    assert_false(console_line(line));
}

int test_console(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_waited_for_without_a_console),
        cmocka_unit_test_setup(long_output_goes_in_parts, heard),
        cmocka_unit_test_setup(what_was_taken_in_part_goes_on, heard),
        cmocka_unit_test_setup(a_serial_made_again_is_waited_for, heard),
        cmocka_unit_test_setup(a_dead_serial_is_given_up, heard),
        cmocka_unit_test_setup(a_dead_serial_is_tried_again_later, heard),
        cmocka_unit_test_setup(a_full_or_refusing_serial_is_given_up, heard),
        cmocka_unit_test_setup(input_is_taken_whole, heard),
        cmocka_unit_test_setup(keys_become_lines, heard),
        cmocka_unit_test_setup(long_lines_are_cut, heard),
    };

    return cmocka_run_group_tests_name("rt: console", tests, NULL, NULL);
}
