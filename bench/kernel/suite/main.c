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
        /* bench/steps looks at these, and stops behind them */
        TEST(sample_begin),
        TEST(bench_null),
        TEST(bench_ipc),
        TEST(bench_notify),
        TEST(bench_interrupt),
        TEST(bench_fault),
        TEST(bench_exit),
        /* the others */
        TEST(bench_ipc_fp),
        TEST(bench_ipc_passive),
        TEST(bench_ipc_deadline),
        TEST(bench_ipc_capability),
        TEST(bench_ipc_queued),
        TEST(bench_ipc_chain),
        TEST(bench_map),
        TEST(bench_interrupt_over_guest),
        TEST(bench_acknowledge),
        TEST(bench_doorbell),
        TEST(bench_hypercall),
        TEST(bench_inject),
        TEST(bench_inject_running),
        TEST(bench_timer_busy),
        TEST(bench_timer_wfi),
        TEST(bench_vcpu_switch),
        TEST(bench_ipc_10_domains),
        TEST(bench_ipc_100_domains),
        TEST(bench_notify_10_domains),
        TEST(bench_notify_100_domains),
        TEST(bench_interrupt_10_domains),
        TEST(bench_interrupt_100_domains),
    };

    test_begin();
    TEST_RUN(tests);
    test_end();
}
