/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Single system calls, and a signal.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

static const char path[] = "/tmp/file";
static int file_zero = -1;
static int file_null = -1;

static uint64_t null_call(unsigned count)
{
    uint64_t start = ticks();

    for (unsigned i = 0; i < count; i++)
        (void)getppid();
    return ticks() - start - loop_ticks(count);
}

static uint64_t read_call(unsigned count)
{
    char byte = 0;

    if (file_zero < 0)
        file_zero = open("/dev/zero", O_RDONLY);
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        must(read(file_zero, &byte, 1) == 1, "read");
    return ticks() - start - loop_ticks(count);
}

static uint64_t write_call(unsigned count)
{
    if (file_null < 0)
        file_null = open("/dev/null", O_WRONLY);
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        must(write(file_null, "", 1) == 1, "write");
    return ticks() - start - loop_ticks(count);
}

static uint64_t stat_call(unsigned count)
{
    struct stat status = {0};

    make_file(path, 100);
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        must(stat(path, &status) == 0, "stat");
    return ticks() - start - loop_ticks(count);
}

static uint64_t open_close(unsigned count)
{
    uint64_t start = ticks();

    for (unsigned i = 0; i < count; i++)
        must(close(open(path, O_RDONLY)) == 0, "open and close");
    return ticks() - start - loop_ticks(count);
}

static volatile unsigned caught;

static void catch (int number)
{
    (void)number;
    caught = caught + 1;
}

static uint64_t signal_caught(unsigned count)
{
    struct sigaction action = {.sa_handler = catch};
    pid_t self = getpid();

    must(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    caught = 0;
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        (void)kill(self, SIGUSR1);
    uint64_t taken = ticks() - start - loop_ticks(count);
    must(caught == count, "a signal was lost");
    return taken;
}

const struct measurement calls_measurements[] = {
    {"null_call", null_call, 30000, 9},
    {"read", read_call, 15000, 9},
    {"write", write_call, 15000, 9},
    {"stat", stat_call, 5000, 9},
    {"open_close", open_close, 2500, 9},
    {"signal", signal_caught, 4000, 9},
    MEASUREMENT_END,
};
