/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs in root's place.
 */
#include "bench.h"
#include "rt/component.h"

_Noreturn void runtime_main(void)
{
    static const struct test tests[] = {
        TEST(sample_begin), TEST(bench_null),      TEST(bench_ipc),
        TEST(bench_notify), TEST(bench_interrupt), TEST(bench_fault),
    };

    test_begin();
    TEST_RUN(tests);
    test_end();
}
