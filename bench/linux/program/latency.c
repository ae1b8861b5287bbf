/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the timer tick takes from a program that only computes, and cyclictest beside a load.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { BLOCKS = 9, GAPS_MAX = 1152, GAP_LEAST = 32 /* ticks: no tick of Linux is shorter */ };

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static inline uint64_t ticks_now(void)
{
    uint64_t value = 0;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
}

/* Finds `count` gaps, in ticks; answers how many ticks a round of the loop takes. */
static double find_gaps(uint64_t *gap, unsigned count)
{
    uint64_t rounds = 0;
    uint64_t sum = 0;
    uint64_t start = ticks_now();
    uint64_t last = start;

    for (unsigned found = 0; found < count; rounds++) {
        uint64_t now = ticks_now();
        __asm__ volatile(".rept 100\n\tnop\n\t.endr"); /* the emulator is slow at reading time */
        if (now - last >= GAP_LEAST) {
            sum += now - last;
            gap[found++] = now - last;
        }
        last = now;
    }
    return (double)(last - start - sum) / (double)(rounds - count);
}

/*
 * A loop reads the counter; where two readings lie further apart than the loop is long, something else has run. Most of
 * these gaps are the timer tick. Their median tells how long one is; those between half and twice of that count, the
 * others (work that a tick finds due) are printed apart. A reading is 16 instructions coarse, but that evens out over
 * the gaps of a block. The loop's own round, in each gap, is taken off.
 */
void measure_tick(unsigned count)
{
    static uint64_t gap[GAPS_MAX];
    static uint64_t sorted[GAPS_MAX];
    double block[BLOCKS] = {0};
    uint64_t other = 0;
    unsigned others = 0;

    must(count <= GAPS_MAX, "so many gaps");
    double round = find_gaps(gap, count);
    memcpy(sorted, gap, sizeof(sorted));
    qsort(sorted, count, sizeof(sorted[0]), ascending);
    uint64_t median = sorted[count / 2];

    for (unsigned i = 0; i < BLOCKS; i++) {
        uint64_t sum = 0;
        unsigned inside = 0;

        for (unsigned j = i * count / BLOCKS; j < (i + 1) * count / BLOCKS; j++) {
            bool tick = gap[j] > median / 2 && gap[j] < median * 2;
            sum += tick ? gap[j] : 0;
            inside += tick;
            other += tick ? 0 : gap[j];
            others += !tick;
        }
        must(inside != 0, "no tick in a block");
        block[i] = ((double)sum / inside - round) * (double)instructions_a_tick();
    }
    print_row("tick", block, BLOCKS);
    printf("bench: a round is %.2f instructions; beside %u ticks, %u other gaps of %" PRIu64
           " instructions in all, the longest has %" PRIu64 "\n",
           round * (double)instructions_a_tick(), count - others, others, other * instructions_a_tick(),
           sorted[count - 1] * instructions_a_tick());
}

/* Runs a command over and over, in a process group of its own. */
static pid_t start_load(char *const argument[])
{
    pid_t pid = fork();

    must(pid >= 0, "fork");
    if (pid == 0) {
        setpgid(0, 0);
        for (;;)
            (void)waitpid(start_process(argument), NULL, 0);
    }
    setpgid(pid, pid);
    return pid;
}

static void cyclictest(const char *name, const char *samples)
{
    char line[256] = "";
    char command[160] = "";
    unsigned long long least = 0;
    unsigned long long mean = 0;
    unsigned long long most = 0;
    bool found = false;

    (void)snprintf(command, sizeof(command), "/usr/bin/cyclictest -q -m -N -p 99 -i 500 -l %s", samples);
    FILE *output = popen(command, "r");
    must(output != NULL, "popen");
    while (fgets(line, sizeof(line), output) != NULL) {
        const char *min = strstr(line, "Min:");
        const char *avg = strstr(line, "Avg:");
        const char *max = strstr(line, "Max:");

        if (min == NULL || avg == NULL || max == NULL)
            continue;
        least = strtoull(min + 4, NULL, 10);
        mean = strtoull(avg + 4, NULL, 10);
        most = strtoull(max + 4, NULL, 10);
        found = true;
    }
    must(pclose(output) == 0 && found, "cyclictest");
    printf("row linux_%s instructions %llu %llu %llu\n", name, least, mean, most);
    fflush(stdout);
}

void measure_cyclictest(const char *samples)
{
    static char *const loads[][8] = {
        {"/usr/bin/hackbench", "-p", "-g", "1", "-l", "100", NULL},
        {"/bin/busybox", "dd", "if=/dev/zero", "of=/tmp/dd", "bs=64k", "count=200", NULL},
        {"/bin/busybox", "sha256sum", "/tmp/16MiB", NULL},
        {"/bin/busybox", "find", "/", NULL},
    };
    pid_t load[sizeof(loads) / sizeof(loads[0])] = {0};

    cyclictest("cyclictest_idle_max", "1000");
    make_file("/tmp/16MiB", 16 << 20);
    for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        load[i] = start_load(loads[i]);
    cyclictest("cyclictest_max", samples);
    for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        (void)kill(-load[i], SIGKILL);
}
