/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/bulk-producer/ring.h"
#include "services/control-loop/pid.h"
#include "services/control-loop/statistics.h"

static void latencies_find_their_bucket(void **state)
{
    struct statistics s = {0};

    (void)state;
    statistics_add(&s, 0);
    statistics_add(&s, 999);
    statistics_add(&s, 1000);
    statistics_add(&s, 1999);
    statistics_add(&s, 2000);
    statistics_add(&s, UINT32_MAX);
    assert_int_equal(s.bucket[0], 2);
    assert_int_equal(s.bucket[1], 2);
    assert_int_equal(s.bucket[2], 1);
    assert_int_equal(s.bucket[STATISTICS_BUCKETS - 1], 1);
    assert_int_equal(s.releases, 6);
    assert_int_equal(s.minimum, 0);
    assert_int_equal(s.maximum, UINT32_MAX);
    assert_int_equal(statistics_mean(&s), (UINT64_C(0xffffffff) + 5998) / 6);
    assert_int_equal(statistics_edge(STATISTICS_BUCKETS - 1), 0);
}

static void nothing_measured_is_no_division(void **state)
{
    (void)state;
    assert_int_equal(statistics_mean(&(struct statistics){0}), 0);
}

static void minimum_is_the_least(void **state)
{
    struct statistics s = {0};

    (void)state;
    statistics_add(&s, 500);
    statistics_add(&s, 700);
    assert_int_equal(s.minimum, 500);
    statistics_add(&s, 300);
    assert_int_equal(s.minimum, 300);
}

static void readers_never_see_half(void **state)
{
    struct statistics_cell cell = {0};
    struct statistics s = {.releases = 7}, got = {0};

    (void)state;
    statistics_publish(&cell, &s);
    assert_true(statistics_take(&cell, &got, 1));
    assert_int_equal(got.releases, 7);
    cell.sequence++; /* the writer is at it */
    assert_false(statistics_take(&cell, &got, 10));
    /* a writer that was made again half-way: the next one makes it even */
    statistics_publish(&cell, &s);
    assert_true(statistics_take(&cell, &got, 1));
}

static void latencies_are_kept_one_by_one(void **state)
{
    static struct statistics_region region;

    (void)state;
    for (uint64_t i = 0; i < 600; i++)
        statistics_keep(&region, i, i == 300 ? 5000 : i == 590 ? UINT64_MAX : 100 + i);
    assert_int_equal(statistics_worst(&region, 299, 299), 0);
    assert_int_equal(statistics_worst(&region, 299, 302), 5000);
    assert_int_equal(statistics_worst(&region, 301, 590), 689);
    assert_int_equal(statistics_worst(&region, 301, 591), UINT32_MAX);
    assert_int_equal(statistics_worst(&region, 0, 513), UINT32_MAX);
}

static void controller_reaches_its_target(void **state)
{
    struct pid pid = {
        .proportional = 4 * PID_ONE, .integral = PID_ONE / 16, .derivative = PID_ONE / 2, .limit = 100 * PID_ONE};
    int64_t value = 0;

    (void)state;
    for (unsigned i = 0; i < 2000; i++)
        value = pid_plant(value, pid_step(&pid, PID_ONE - value));
    assert_in_range(value, PID_ONE - PID_ONE / 20, PID_ONE + PID_ONE / 20);
}

static void controller_is_limited(void **state)
{
    struct pid pid = {.proportional = 1000 * PID_ONE, .integral = PID_ONE, .limit = PID_ONE};

    (void)state;
    assert_int_equal(pid_step(&pid, 50 * PID_ONE), PID_ONE);
    assert_int_equal(pid_step(&pid, -500 * PID_ONE), -PID_ONE);
    assert_int_equal(pid.sum, -PID_ONE);
}

static void checksums_notice_changes(void **state)
{
    static struct bulk_chunk chunk = {.number = 3};
    uint64_t sum = bulk_checksum(&chunk);

    (void)state;
    chunk.payload[509] ^= 1;
    assert_true(bulk_checksum(&chunk) != sum);
    chunk.payload[509] ^= 1;
    chunk.number++;
    assert_true(bulk_checksum(&chunk) != sum);
    assert_int_equal(bulk_chunks(65536), 15);
}

int main(int count, char **argument)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latencies_find_their_bucket),   cmocka_unit_test(nothing_measured_is_no_division),
        cmocka_unit_test(minimum_is_the_least),          cmocka_unit_test(readers_never_see_half),
        cmocka_unit_test(controller_reaches_its_target), cmocka_unit_test(controller_is_limited),
        cmocka_unit_test(checksums_notice_changes),      cmocka_unit_test(latencies_are_kept_one_by_one),
    };

    if (count > 1)
        cmocka_set_test_filter(argument[1]);
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
