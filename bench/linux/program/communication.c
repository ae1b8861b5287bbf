/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A byte there and back between two processes; a token around a ring of processes.
 */
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { RING_MAX = 8 };

static void pass(int from, int to)
{
    char byte = 0;

    must(read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1, "passing a byte on");
}

/* A child that sends back what it gets, until there is no more. */
static pid_t echo(int from, int to, const int *close_first, unsigned close_count)
{
    pid_t pid = fork();
    char byte = 0;

    must(pid >= 0, "fork");
    if (pid != 0)
        return pid;
    for (unsigned i = 0; i < close_count; i++)
        close(close_first[i]);
    while (read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1) {
    }
    _exit(0);
}

static uint64_t exchange(int from, int to, unsigned count)
{
    char byte = 0;

    must(write(to, &byte, 1) == 1 && read(from, &byte, 1) == 1, "the first byte");
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        must(write(to, &byte, 1) == 1 && read(from, &byte, 1) == 1, "exchanging a byte");
    return ticks() - start - loop_ticks(count);
}

static uint64_t pipe_round_trip(unsigned count)
{
    int there[2] = {-1, -1};
    int back[2] = {-1, -1};

    must(pipe(there) == 0 && pipe(back) == 0, "pipe");
    pid_t child = echo(there[0], back[1], (int[]){there[1], back[0]}, 2);
    uint64_t taken = exchange(back[0], there[1], count);
    close(there[0]);
    close(there[1]);
    close(back[0]);
    close(back[1]);
    finish_process(child);
    return taken;
}

static uint64_t unix_round_trip(unsigned count)
{
    int end[2] = {-1, -1};

    must(socketpair(AF_UNIX, SOCK_STREAM, 0, end) == 0, "socketpair");
    pid_t child = echo(end[1], end[1], &end[0], 1);
    close(end[1]);
    uint64_t taken = exchange(end[0], end[0], count);
    close(end[0]);
    finish_process(child);
    return taken;
}

/* One hop: the byte is written, the next process is switched to and has read it. */
static uint64_t ring(unsigned processes, unsigned count)
{
    int link[RING_MAX][2] = {{0}};
    pid_t child[RING_MAX] = {0};
    char byte = 0;

    for (unsigned i = 0; i < processes; i++)
        must(pipe(link[i]) == 0, "pipe");
    for (unsigned i = 1; i < processes; i++) {
        child[i] = fork();
        must(child[i] >= 0, "fork");
        if (child[i] == 0)
            for (;;)
                pass(link[i][0], link[(i + 1) % processes][1]);
    }
    must(write(link[1][1], &byte, 1) == 1 && read(link[0][0], &byte, 1) == 1, "the first round");
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        must(write(link[1][1], &byte, 1) == 1 && read(link[0][0], &byte, 1) == 1, "a round");
    uint64_t taken = ticks() - start - loop_ticks(count);
    for (unsigned i = 0; i < processes; i++) {
        close(link[i][0]);
        close(link[i][1]);
    }
    for (unsigned i = 1; i < processes; i++)
        must(kill(child[i], SIGKILL) == 0 && waitpid(child[i], NULL, 0) == child[i], "ending a ring");
    return taken / processes;
}

static uint64_t ring_of_2(unsigned count)
{
    return ring(2, count);
}

static uint64_t ring_of_8(unsigned count)
{
    return ring(8, count);
}

const struct measurement communication_measurements[] = {
    {"pipe", pipe_round_trip, 1000, 9},
    {"unix", unix_round_trip, 1000, 9},
    {"context_switch_2", ring_of_2, 1000, 9},
    {"context_switch_8", ring_of_8, 250, 9},
    MEASUREMENT_END,
};
