/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Call and reply between two domains, eight words each way.
 */
#include "bench.h"

enum { SERVER, CLIENT };

/* Round i: the client's call, and the server's wait that this call ended; the server's next wait answers it. */
static void show_out(void)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(side_log(CLIENT, i).before, side_log(SERVER, i).after);
    sample_row("ipc_call", 1);
}

static void show_back(void)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++)
        sample(side_log(SERVER, i + 1).before, side_log(CLIENT, i).after);
    sample_row("ipc_reply_wait", 1);
}

/* The two, without what the server does between. */
static void show_both(void)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++) {
        uint64_t served = side_log(SERVER, i + 1).before - side_log(SERVER, i).after;

        sample(side_log(CLIENT, i).before, side_log(CLIENT, i).after - served - counter_overhead);
    }
    sample_row("ipc_round_trip", 1);
}

void bench_ipc(void)
{
    sides_begin();
    side_make(SERVER, SIDE_PRIORITY, 10);
    side_make(CLIENT, SIDE_PRIORITY - 1, 50);
    side_make_portal(SERVER);
    side_give(CLIENT, SIDE_TARGET, side_capability(SERVER, SIDE_PORTAL));
    side_set_call(SERVER, CALL_REPLY_WAIT, 0);
    side_set_call(CLIENT, QUOLL_CALL_portal_call, SIDE_TARGET);
    side_block(SERVER)->rounds = ROUNDS + 1;
    side_start(SERVER, program_call);
    side_start(CLIENT, program_call);
    sides_run();
    EXPECT_EQUAL(side_block(CLIENT)->answer, QUOLL_OK);
    show_out();
    show_back();
    show_both();
}
