/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the monitor prints.
 */
#include "services/monitor/format.h"

#include "fake.h"

static void times(void **state)
{
    char text[FORMAT_TIME_MAX] = "";

    (void)state;
    assert_string_equal(format_time(0, text), "0 ns");
    assert_string_equal(format_time(999, text), "999 ns");
    assert_string_equal(format_time(1500, text), "1.5 us");
    assert_string_equal(format_time(20000000, text), "20 ms");
    assert_string_equal(format_time(UINT64_C(3600) * 1000000000, text), "3600 s");
    assert_string_equal(format_time(UINT64_MAX, text), "much");
}

static void sizes(void **state)
{
    char text[FORMAT_SIZE_MAX] = "";

    (void)state;
    assert_string_equal(format_size(0, text), "0 B");
    assert_string_equal(format_size(128 * 1024, text), "128 KiB");
    assert_string_equal(format_size(1536 * 1024, text), "1.5 MiB");
    assert_string_equal(format_size(UINT64_MAX, text), "much");
}

static void states(void **state)
{
    (void)state;
    assert_string_equal(format_thread_state(QUOLL_THREAD_FAULTED), "faulted");
    assert_string_equal(format_thread_state(99), "?");
    assert_string_equal(format_root_state(ROOT_STATE_FAILED), "failed");
    assert_string_equal(format_root_state(99), "?");
    assert_int_equal(format_permille(1, 0), 0);
    assert_int_equal(format_permille(1, 8), 125);
}

int test_format(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(times), cmocka_unit_test(sizes), cmocka_unit_test(states)};

    return cmocka_run_group_tests_name("monitor: format", tests, NULL, NULL);
}
