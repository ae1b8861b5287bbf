/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What Linux is asked to do beside nothing but itself: the groups that `bench=` may name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

static void group_calls(void)
{
    measure(calls_measurements);
}

static void group_communication(void)
{
    measure(communication_measurements);
}

static void group_processes(void)
{
    measure(process_measurements);
}

static void group_memory(void)
{
    measure(memory_measurements);
}

static void group_bulk(void)
{
    measure(bulk_measurements);
}

static void group_tick(void)
{
    measure_tick(1080);
}

static void group_cyclictest(void)
{
    const char *samples = getenv("samples");

    measure_cyclictest(samples != NULL ? samples : "3000");
}

static void group_console(void)
{
    measure(console_measurements);
    printf("bench: %u characters\n", console_total());
}

/* For counting a guest's exits: ten seconds of nothing, and of nothing but computing. */
static void group_idle(void)
{
    sleep(10);
}

static void group_busy(void)
{
    for (uint64_t start = ticks(); (ticks() - start) * instructions_a_tick() < UINT64_C(10000000000);)
        for (volatile unsigned i = 0; i < 100000; i++) {
        }
}

const struct group groups[] = {
    {"calls", group_calls},
    {"communication", group_communication},
    {"memory", group_memory},
    {"processes", group_processes},
    {"bulk", group_bulk},
    {"tick", group_tick},
    {"console", group_console},
    {"idle", group_idle},
    {"busy", group_busy},
    {"cyclictest", group_cyclictest},
    {NULL, NULL},
};
