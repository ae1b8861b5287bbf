/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls that go into the kernel and come straight back.
 */
#include "bench.h"

static void show(const char *name)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++) {
        struct pair pair = side_log(0, i);

        sample(pair.before, pair.after);
    }
    sample_row(name, 1);
}

static void run(const char *name, uint64_t call, uint64_t capability)
{
    side_set_call(0, call, capability);
    side_start(0, program_call);
    sides_run();
    show(name);
    EXPECT_OK(quoll_thread_suspend(SIDE_THREAD));
}

void bench_null(void)
{
    sides_begin();
    side_make(0, SIDE_PRIORITY);
    side_make_bell(0, false);
    side_give(0, SIDE_TARGET, SIDE_BELL);
    run("call_null", 0, 0);
    EXPECT_EQUAL(side_block(0)->answer, QUOLL_BAD_CALL);
    run("call_signal", CALL_SIGNAL, SIDE_TARGET);
    EXPECT_EQUAL(side_block(0)->answer, QUOLL_OK);
}
