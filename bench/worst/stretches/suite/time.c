/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines that are all due at once, and budgets that keep as many refills as they may.
 */
#include "suite.h"

enum {
    NAPPERS = 128,
    NAPS = 40,
    BELL = CROWD_FIRST, /* + n: where napper n waits */
    PRIORITY = 100,
};
#define STEP (2 * TICKS_MS)

static struct nap naps[NAPPERS];

static void start(unsigned count, uint64_t first)
{
    for (unsigned n = 0; n < count; n++) {
        naps[n] = (struct nap){.next = first, .step = STEP, .times = NAPS, .where = BELL + n};
        EXPECT_OK(quoll_pool_create_notification(CROWD_POOL, BELL + n));
        crowd_add(program_napper, (uintptr_t)&naps[n], PRIORITY);
    }
}

/* All wake at one moment, an interrupt comes about then. */
static void deadlines(void)
{
    uint64_t first = test_ticks() + 20 * TICKS_MS;

    crowd_open();
    latency_open();
    start(NAPPERS, first);
    for (unsigned i = 0; i < NAPS; i++) {
        uint64_t moment = first + i * STEP;

        latency_arm(moment + i * 3);
        stretch_begin();
        quoll_notification_wait(TEST_SLEEP, moment + STEP / 2);
        if (i == NAPS - 2)
            stretch_row("deadlines"); /* each budget has as many refills as it keeps by then */
    }
    latency_row("deadlines");
    stretch_begin();
    crowd_close();
    stretch_row("destroy_budgets");
}

void stretches_time(void)
{
    static const struct test tests[] = {TEST(deadlines)};

    TEST_RUN(tests);
}
