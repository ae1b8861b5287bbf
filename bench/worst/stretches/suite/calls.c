/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Chains and queues of calls. Server n calls server n - 1, where its call is queued, for that one is busy; server 0
 * holds what it serves until its gate is signalled. So everybody waits for server 0, and behind it stall all who pay.
 */
#include "suite.h"

enum {
    CHAIN = 8, /* links that a chain may have */
    QUEUE = 40,
    SERVER = CROWD_FIRST,
    PORTAL = SERVER + CHAIN,
    GATE = PORTAL + CHAIN,
    ROUNDS = 24,
    PRIORITY_LOW = 10,
    PRIORITY_TOP = 200,
    LEAD = 6, /* ticks between the moment of an interrupt and a call that begins before it */
};

static void make_servers(void)
{
    EXPECT_OK(quoll_pool_create_notification(CROWD_POOL, GATE));
    for (unsigned n = 0; n < CHAIN; n++)
        crowd_serve(SERVER + n, PORTAL + n,
                    n == 0 ? GATE | (uint64_t)CALL_WAIT << 32 : (PORTAL + n - 1) | (uint64_t)CALL_CALL << 32);
    for (unsigned n = 0; n < CHAIN; n++) {
        crowd_add(program_caller, PORTAL + n, PRIORITY_LOW);
        crowd_settle();
    }
    for (unsigned n = 0; n < CHAIN; n++) {
        for (unsigned i = 0; i < QUEUE; i++)
            crowd_add(program_caller, PORTAL + n, PRIORITY_LOW + 1 + i * 29 % 97);
        crowd_settle();
    }
}

/* Many owners stalled behind one server, which can go on now, just before an interrupt. */
static void revive(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t moment = 0;

        EXPECT_OK(quoll_thread_suspend(SERVER));
        EXPECT_OK(quoll_notification_signal(GATE, 1));
        crowd_settle();
        moment = test_ticks() + TICKS_MS;
        latency_arm(moment);
        while (test_ticks() + LEAD + i < moment)
            continue;
        EXPECT_OK(quoll_thread_resume(SERVER));
        crowd_settle();
    }
}

static void chain(void)
{
    crowd_open();
    make_servers();
    stretch_begin();
    crowd_add(program_caller, PORTAL + CHAIN - 1, PRIORITY_TOP);
    crowd_settle();
    stretch_row("call_chain");
    stretch_begin();
    EXPECT_OK(quoll_notification_signal(GATE, 1));
    crowd_settle();
    stretch_row("wake_server");
    latency_open();
    revive();
    latency_row("revive");
    stretch_begin();
    EXPECT_OK(quoll_any_destroy(PORTAL + CHAIN / 2));
    stretch_row("destroy_portal");
    stretch_begin();
    EXPECT_OK(quoll_any_destroy(SERVER));
    stretch_row("destroy_server");
    stretch_begin();
    crowd_settle();
    stretch_row("peers_dead");
    stretch_begin();
    crowd_close();
    stretch_row("destroy_threads");
}

void stretches_calls(void)
{
    static const struct test tests[] = {TEST(chain)};

    TEST_RUN(tests);
}
