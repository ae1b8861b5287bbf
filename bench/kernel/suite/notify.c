/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A notification until the thread that waits, of a higher priority and in another domain, runs.
 */
#include "bench.h"

enum { WAITER, RAISER };

static void run(const char *name, uint64_t call, bool bound)
{
    sides_begin();
    side_make(WAITER, SIDE_PRIORITY, 20);
    side_make(RAISER, SIDE_PRIORITY - 1, 50);
    side_make_bell(WAITER, bound);
    side_give(WAITER, SIDE_TARGET, side_capability(WAITER, SIDE_BELL));
    side_give(RAISER, SIDE_TARGET, side_capability(WAITER, SIDE_BELL));
    side_set_call(WAITER, call, SIDE_TARGET);
    if (!bound)
        side_block(WAITER)->x[0] = QUOLL_FOREVER;
    side_set_call(RAISER, CALL_SIGNAL, SIDE_TARGET);
    side_block(WAITER)->rounds = ROUNDS + 1;
    side_start(WAITER, program_call);
    side_start(RAISER, program_call);
    sides_run();
    EXPECT_EQUAL(side_block(RAISER)->answer, QUOLL_OK);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(side_log(RAISER, i).before, side_log(WAITER, i).after);
    sample_row(name, 1);
}

void bench_notify(void)
{
    run("notify_switch", CALL_REPLY_WAIT | QUOLL_FLAG_NO_REPLY, true);
}
