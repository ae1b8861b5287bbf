/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A notification until the thread that waits, of a higher priority and in another domain, runs.
 */
#include "bench.h"

enum { WAITER, RAISER };

static void run(const char *name, unsigned crowd)
{
    sides_begin();
    side_make(WAITER, SIDE_PRIORITY);
    side_make(RAISER, SIDE_PRIORITY - 1);
    side_make_bell(WAITER, true);
    crowd_make(crowd);
    side_give(RAISER, SIDE_TARGET, side_capability(WAITER, SIDE_BELL));
    side_set_call(WAITER, CALL_REPLY_WAIT | QUOLL_FLAG_NO_REPLY, 0);
    side_set_call(RAISER, CALL_SIGNAL, SIDE_TARGET);
    side_block(WAITER)->rounds = ROUNDS + 1;
    side_start_server(WAITER, program_call);
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
    run("notify_switch", 0);
}

void bench_notify_10_domains(void)
{
    run("notify_switch_10_domains", 10);
}

void bench_notify_100_domains(void)
{
    run("notify_switch_100_domains", 100);
}
