/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls that have to wait. A client of low priority calls the first of `length` servers, each calls the next one, and
 * the last wakes a client of higher priority, which calls the first server. That is busy: the call is queued, and what
 * is at the end of the chain goes on, with the priority that was lent along it. The client's first word is 0, so the
 * first server serves it alone.
 */
#include "bench.h"

enum { LAST, LENGTH_MAX = 4, LOW = LENGTH_MAX, HIGH, LOW_PRIORITY = 50, FIRST_WORD = 1, TURNS = ROUNDS };

static void make_servers(unsigned length)
{
    for (unsigned n = 0; n < length; n++) {
        side_make(n, SIDE_PRIORITY);
        side_make_portal(n);
        side_set_call(n, CALL_REPLY_WAIT, 0);
        if (n != LAST) {
            side_connect(n, n - 1);
            side_set_then(n, QUOLL_CALL_portal_call, SIDE_TARGET, FIRST_WORD);
        }
    }
    side_give(LAST, SIDE_TARGET, side_capability(HIGH, SIDE_BELL));
    side_set_then(LAST, CALL_SIGNAL, SIDE_TARGET, 1);
}

static void run(unsigned length)
{
    sides_begin();
    side_make(LOW, LOW_PRIORITY);
    side_make(HIGH, SIDE_PRIORITY);
    side_make_bell(HIGH, false);
    make_servers(length);
    side_connect(LOW, length - 1);
    side_connect(HIGH, length - 1);
    side_give(HIGH, SIDE_EMPTY, side_capability(HIGH, SIDE_BELL));
    side_set_call(LOW, QUOLL_CALL_portal_call, SIDE_TARGET);
    side_set_call(HIGH, CALL_WAIT, SIDE_EMPTY);
    side_block(HIGH)->x[0] = QUOLL_FOREVER;
    side_set_then(HIGH, QUOLL_CALL_portal_call, SIDE_TARGET, 0);
    side_block(LOW)->rounds = TURNS;
    for (unsigned n = 0; n < length; n++) {
        side_block(n)->rounds = LOG_MAX / 2;
        side_start(n, program_call_then);
    }
    side_start(HIGH, program_call_then);
    side_start(LOW, program_call);
    sides_run();
    EXPECT_EQUAL(side_block(HIGH)->answer_then, QUOLL_OK);
}

/* From the call of HIGH until the last server goes on behind its notify. */
static void show_queued(const char *name, unsigned turns)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < TURNS; i++)
        sample(side_log_then(HIGH, i).before, side_log_then(LAST, i * turns).after);
    sample_row(name, 1);
}

void bench_ipc_queued(void)
{
    run(1);
    show_queued("ipc_queued", 2);
    /* The reply that takes the queued caller: the server's next turn. */
    sample_clear();
    for (unsigned i = WARM_UP; i < TURNS; i++)
        sample(side_log_first(LAST, 2 * i + 1).before, side_log_first(LAST, 2 * i + 1).after);
    sample_row("ipc_queued_taken", 1);
}

void bench_ipc_chain(void)
{
    run(LENGTH_MAX);
    show_queued("ipc_chain_4", 1);
}
