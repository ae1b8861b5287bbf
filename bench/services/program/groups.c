/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What Linux is asked to do with its devices: the groups that `bench=` may name.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services.h"

/* Each list is measured or, with `compare=1` on the command line, shown to take as much time as instructions. */
static void run(const struct measurement *list)
{
    if (getenv("compare") != NULL)
        compare_executed(list);
    else
        measure(list);
}

static void group_block(void)
{
    load_modules();
    run(block_measurements);
}

static void group_network(void)
{
    load_modules();
    network_start();
    run(network_measurements);
}

static void group_peer(void)
{
    load_modules();
    network_be_peer();
}

static void group_socket(void)
{
    load_modules();
    run(socket_measurements);
}

/* Where nothing is done but time passes, the two must differ. */
static uint64_t sleep_a_while(unsigned count)
{
    uint64_t start = ticks();

    (void)usleep(count);
    return ticks() - start;
}

static void group_sleep(void)
{
    static const struct measurement sleeping[] = {{"sleep", sleep_a_while, 100000, 1}, MEASUREMENT_END};

    run(sleeping);
}

const struct group groups[] = {
    {"block", group_block},   {"network", group_network}, {"peer", group_peer},
    {"socket", group_socket}, {"sleep", group_sleep},     {NULL, NULL},
};
