/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the cases share.
 */
#pragma once

#include "programs.h"
#include "tests/kernel/harness/harness.h"

/* --- stretches: stretch.c */

/* Does the kernel keep a trace? Otherwise stretches are not measured, and latencies are. */
bool stretch_traced(void);
void stretch_open(void);
/* What the kernel does from here on. */
void stretch_begin(void);
/* Row `stretch_NAME`: the longest stretch since then. */
void stretch_row(const char *name);

/* --- latencies: latency.c */

/* Makes the thread that waits for the interrupt, above everything else. */
void latency_open(void);
/* Asserts the interrupt at that time, in ticks, which must be yet to come. */
void latency_arm(uint64_t moment);
/* Row `latency_NAME_max` of what was seen since the last row. */
void latency_row(const char *name);

/* --- a crowd of threads in the test's own domain: crowd.c */

enum {
    CROWD_POOL = 81,
    CROWD_POOL_SIZE = 16 << 20,
    CROWD_THREAD = 88,   /* of the thread that was made last */
    CROWD_FIRST = 160,   /* what a case makes by itself, up to CROWD_BUDGETS */
    CROWD_BUDGETS = 400, /* + n: of crowd_make's threads */
    CROWD_MAX = 480,
};

extern const char program_caller[], program_server[], program_napper[];

struct nap {
    uint64_t next, step, times, where;
};

/* CROWD_POOL. */
void crowd_open(void);
/* All of it goes. */
void crowd_close(void);
/* One more thread with a budget of little time in a long period; it runs when the test waits. */
void crowd_add(const char *program, uint64_t argument, unsigned priority);
/* The same without a budget; its capability stays at `thread`. */
void crowd_serve(uint32_t thread, uint32_t portal, uint64_t argument);
/* Lets the crowd run until all of it has got where it waits. */
void crowd_settle(void);

void stretches_calls(void);
void stretches_capabilities(void);
void stretches_memory(void);
void stretches_time(void);
void stretches_virtual(void);
