/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Call and reply between two domains, eight words each way, and what makes them longer.
 */
#include "bench.h"

enum { SERVER, CLIENT };

/* How a measurement differs from the plain one. */
struct variant {
    const char *program;   /* of both sides */
    uint64_t server_flags; /* of its reply_wait */
    bool passive;          /* the server, which owns no budget then */
    unsigned crowd;
};

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
static void show_both(const char *name)
{
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS - 1; i++) {
        uint64_t served = side_log(SERVER, i + 1).before - side_log(SERVER, i).after;

        sample(side_log(CLIENT, i).before, side_log(CLIENT, i).after - served - counter_overhead);
    }
    sample_row(name, 1);
}

static void run(const struct variant *variant)
{
    sides_begin();
    (variant->passive ? side_make_passive : side_make)(SERVER, SIDE_PRIORITY);
    side_make(CLIENT, SIDE_PRIORITY - 1);
    side_make_portal(SERVER);
    side_connect(CLIENT, SERVER);
    crowd_make(variant->crowd);
    side_set_call(SERVER, CALL_REPLY_WAIT | variant->server_flags, 0);
    side_block(SERVER)->x[12] = test_ticks() + 10000 * TICKS_MS;
    side_block(SERVER)->rounds = ROUNDS + 1;
    side_set_call(CLIENT, QUOLL_CALL_portal_call, SIDE_TARGET);
    (variant->passive ? side_start : side_start_server)(SERVER, variant->program);
    side_start(CLIENT, variant->program);
    sides_run();
    EXPECT_EQUAL(side_block(CLIENT)->answer, QUOLL_OK);
}

void bench_ipc(void)
{
    run(&(struct variant){.program = program_call});
    show_out();
    show_back();
    show_both("ipc_round_trip");
}

static void run_and_show(const char *name, const struct variant *variant)
{
    run(variant);
    show_both(name);
}

void bench_ipc_fp(void)
{
    run_and_show("ipc_round_trip_fp", &(struct variant){.program = program_call_fp});
}

void bench_ipc_passive(void)
{
    run_and_show("ipc_round_trip_passive", &(struct variant){.program = program_call, .passive = true});
}

void bench_ipc_deadline(void)
{
    run_and_show("ipc_round_trip_deadline",
                 &(struct variant){.program = program_call, .server_flags = QUOLL_FLAG_DEADLINE});
}

void bench_ipc_10_domains(void)
{
    run_and_show("ipc_round_trip_10_domains", &(struct variant){.program = program_call, .crowd = 10});
}

void bench_ipc_100_domains(void)
{
    run_and_show("ipc_round_trip_100_domains", &(struct variant){.program = program_call, .crowd = 100});
}

/* The client sends a capability; the server receives it and deletes it before it replies, which is not counted. */
void bench_ipc_capability(void)
{
    sides_begin();
    side_make(SERVER, SIDE_PRIORITY);
    side_make(CLIENT, SIDE_PRIORITY - 1);
    side_make_portal(SERVER);
    side_connect(CLIENT, SERVER);
    side_give(SERVER, SIDE_DOMAIN, side_capability(SERVER, SIDE_DOMAIN_OF));
    side_set_call(SERVER, CALL_REPLY_WAIT | QUOLL_FLAG_RECEIVE, 0);
    side_block(SERVER)->x[11] = SIDE_EMPTY;
    side_set_then(SERVER, QUOLL_CALL_domain_delete, SIDE_DOMAIN, SIDE_EMPTY);
    side_set_call(CLIENT, QUOLL_CALL_portal_call | QUOLL_FLAG_SEND, SIDE_TARGET);
    side_block(CLIENT)->x[10] = SIDE_DONE | (uint64_t)QUOLL_RIGHT_SIGNAL << 32;
    side_block(SERVER)->rounds = ROUNDS + 1;
    side_start_server(SERVER, program_call_then);
    side_start(CLIENT, program_call);
    sides_run();
    EXPECT(side_block(SERVER)->answer & QUOLL_X8_CAPABILITY);
    EXPECT_EQUAL(side_block(SERVER)->answer_then, QUOLL_OK);
    sample_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        sample(side_log(CLIENT, i).before, side_log_first(SERVER, i).after);
    sample_row("ipc_capability", 1);
}
