/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the measurements inside Linux share. Time is CNTVCT_EL0: on the emulated boards, where an instruction takes one
 * nanosecond and the counter runs at 62.5 MHz, a tick is 16 instructions. A batch is long enough that this does not
 * show.
 */
#ifndef BENCH_LINUX_BENCH_H
#define BENCH_LINUX_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { BATCHES_MAX = 16 };

/* One row. The batch answers the ticks that `count` operations took, without what its own loop costs. */
struct measurement {
    const char *name;
    uint64_t (*batch)(unsigned count);
    unsigned count;
    unsigned batches;
};

/* Ends a list of them. */
#define MEASUREMENT_END  \
    {                    \
        NULL, NULL, 0, 0 \
    }

/* What `bench=` on the command line may name; the one without a name ends the list. */
struct group {
    const char *name;
    void (*run)(void);
};

extern const struct group groups[];

extern const struct measurement calls_measurements[];
extern const struct measurement communication_measurements[];
extern const struct measurement process_measurements[];
extern const struct measurement memory_measurements[];
extern const struct measurement bulk_measurements[];
extern const struct measurement console_measurements[];

static inline uint64_t ticks(void)
{
    uint64_t value = 0;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
}

uint64_t instructions_a_tick(void);
void calibrate_loop(void);

/* What `count` rounds of an empty loop cost, in ticks; to be taken off. */
uint64_t loop_ticks(unsigned count);

void measure(const struct measurement *list);
void print_row(const char *name, const double *value, unsigned count);

/* Ends the run with a line that says why, when something that must not fail did. */
_Noreturn void give_up(const char *what);
void must(bool condition, const char *what);

pid_t start_process(char *const argument[]);
void finish_process(pid_t pid);
void make_file(const char *path, size_t size);

unsigned console_total(void); /* characters that went to the console while measuring */
void measure_tick(unsigned count);
void measure_cyclictest(const char *samples);

#endif
