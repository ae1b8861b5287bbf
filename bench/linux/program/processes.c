/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process that ends at once: only forked, with a program of its own, started by a shell.
 */
#include <unistd.h>

#include "bench.h"

static uint64_t fork_exit(unsigned count)
{
    uint64_t start = ticks();

    for (unsigned i = 0; i < count; i++) {
        pid_t pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0)
            _exit(0);
        finish_process(pid);
    }
    return ticks() - start;
}

static uint64_t run(char *const argument[], unsigned count)
{
    uint64_t start = ticks();

    for (unsigned i = 0; i < count; i++) {
        pid_t pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0) {
            execv(argument[0], argument);
            _exit(127);
        }
        finish_process(pid);
    }
    return ticks() - start;
}

static uint64_t fork_exec(unsigned count)
{
    return run((char *[]){"/init", "nothing", NULL}, count);
}

static uint64_t shell(unsigned count)
{
    return run((char *[]){"/bin/sh", "-c", "/init nothing", NULL}, count);
}

const struct measurement process_measurements[] = {
    {"fork", fork_exit, 100, 9},
    {"fork_exec", fork_exec, 40, 9},
    {"shell", shell, 20, 9},
    MEASUREMENT_END,
};
