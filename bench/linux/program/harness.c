/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs a list of measurements and prints their rows.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { LOOP_ROUNDS = 4000000 };

static uint64_t loop_total; /* ticks of LOOP_ROUNDS rounds */

void give_up(const char *what)
{
    printf("bench: FAIL: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    reboot(RB_POWER_OFF);
    _exit(1);
}

void must(bool condition, const char *what)
{
    if (!condition)
        give_up(what);
}

uint64_t instructions_a_tick(void)
{
    uint64_t frequency = 0;

    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    return UINT64_C(1000000000) / frequency;
}

static uint64_t empty_loop(unsigned count)
{
    uint64_t start = ticks();

    for (unsigned i = 0; i < count; i++)
        __asm__ volatile("" ::: "memory");
    return ticks() - start;
}

/* A thousand rounds of 500 `nop`, a `sub` and a `cbnz`: how many instructions that is, is known. */
static uint64_t known_loop(void)
{
    uint64_t start = ticks();
    uint64_t rounds = 1000;

    __asm__ volatile("1:\n\t.rept 500\n\tnop\n\t.endr\n\tsub %0, %0, #1\n\tcbnz %0, 1b" : "+r"(rounds));
    return ticks() - start;
}

void calibrate_loop(void)
{
    uint64_t shortest = UINT64_MAX;

    for (unsigned i = 0; i < 20; i++) {
        uint64_t taken = known_loop();
        shortest = taken < shortest ? taken : shortest;
    }
    loop_total = empty_loop(LOOP_ROUNDS);
    printf("bench: 502000 instructions read %" PRIu64 "; an empty round reads %.3f\n", shortest * instructions_a_tick(),
           (double)(loop_total * instructions_a_tick()) / LOOP_ROUNDS);
    must(shortest * instructions_a_tick() >= 501900 && shortest * instructions_a_tick() <= 502200,
         "a loop of known length does not read as long as it is");
}

uint64_t loop_ticks(unsigned count)
{
    return loop_total * count / LOOP_ROUNDS;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

void print_row(const char *name, const double *value, unsigned count)
{
    double sorted[BATCHES_MAX] = {0};

    must(count > 0 && count <= BATCHES_MAX, "too many batches");
    memcpy(sorted, value, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), ascending);
    printf("row linux_%s instructions %.1f %.1f %.1f\n", name, sorted[0],
           count % 2 != 0 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2, sorted[count - 1]);
    fflush(stdout);
}

/* The first batch, thrown away, finds what is found once: files in caches, page tables, queues. */
void measure(const struct measurement *list)
{
    for (; list->name != NULL; list++) {
        double value[BATCHES_MAX] = {0};

        if (list->batches > 1)
            (void)list->batch(list->count / 4 + 1);
        for (unsigned i = 0; i < list->batches; i++)
            value[i] = (double)(list->batch(list->count) * instructions_a_tick()) / list->count;
        print_row(list->name, value, list->batches);
    }
}

pid_t start_process(char *const argument[])
{
    pid_t pid = fork();

    must(pid >= 0, "fork");
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);

        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        execv(argument[0], argument);
        _exit(127);
    }
    return pid;
}

void finish_process(pid_t pid)
{
    int status = 0;

    must(waitpid(pid, &status, 0) == pid, "waitpid");
    must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a process did not end well");
}

/* Text of a sort: words of a small vocabulary, which compresses about as well as sources do. */
void make_file(const char *path, size_t size)
{
    static char buffer[65536];
    static const char *const word[16] = {"static ", "uint64_t ", "return ", "= ",    "(",  ");\n    ",
                                         "struct ", "->",        "if (",    "0x",    "; ", "enum ",
                                         "{",       "}\n\n",     "void ",   "const "};
    uint32_t random = 12345;
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);

    must(file >= 0, path);
    while (size > 0) {
        size_t part = size < sizeof(buffer) ? size : sizeof(buffer);

        for (size_t i = 0; i < part;) {
            random = random * 1664525 + 1013904223;
            const char *text = word[random >> 28];
            for (; *text != '\0' && i < part; text++)
                buffer[i++] = *text;
            for (uint32_t letters = (random >> 20) & 7; letters > 0 && i < part; letters--) {
                random = random * 1664525 + 1013904223;
                buffer[i++] = (char)('a' + (random >> 27) % 26);
            }
        }
        must(write(file, buffer, part) == (ssize_t)part, "write");
        size -= part;
    }
    close(file);
}
