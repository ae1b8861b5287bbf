/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the attacks of the component share. An attack is a function that goes on until over(); where it would end itself
 * (a fault, a wait for ever), it has a worker do it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "component.h"

#include "abi/plan.h"
#include "rt/calls.h"
#include "rt/message.h"
#include "systems/attacks/orders.h"

/* Fixed capability indices of the attacks, from CAP_FREE on; those behind LAST are whose attack it is. */
enum {
    CAP_FAULTS = CAP_FREE,
    CAP_WORKER,
    WORKERS = 8,
    CAP_WORKER_BUDGET = CAP_WORKER + WORKERS,
    CAP_OWN = CAP_WORKER_BUDGET + WORKERS,
    CAP_END = CAP_FREE + CAP_FREE_COUNT,
};

#define ATTACK(by, identifier, name) void attack_##identifier(void);
#include "systems/attacks/attacks.def"
#undef ATTACK

/* The judge has had enough. */
bool over(void);
/* Something was attempted. */
void did(uint64_t count);
/* Something succeeded that must not; `kind` is for whoever looks for it. */
void leak(uint64_t kind);
/* From the seed; a worker has a state of its own. */
uint64_t any(void);

/* Values at which arguments may break something. */
uint64_t boundary(uint64_t *state);

typedef void worker_function(uint64_t argument);

/* Makes worker i with a part of the attacker's budget. */
bool worker_make(unsigned i, unsigned priority, uint64_t time_ns, uint64_t period_ns);
/* Starts it, or starts it again from whatever state. */
void worker_run(unsigned i, worker_function *function, uint64_t argument);
bool worker_runs(unsigned i);

/* For a worker that is done: a fault that says so. */
static inline void worker_end(void)
{
    __asm__ volatile("brk #0" : : : "memory");
}

struct worker_fault {
    uint64_t worker, reason, pc, address;
};
/* Waits for a worker's fault, so long at most. A function that returns faults at pc 0. */
bool worker_fault(uint64_t ns, struct worker_fault *fault);
