/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Programs that hold capabilities on each other and do anything at all, while time passes, interrupts come and threads
 * fault. What they do comes from a source of numbers: a pseudo-random one, or the bytes of an input.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct thread;

enum { GENERATOR_PROGRAMS = 5 };

/* A number below `limit`, which is 1 at least and 65536 at most. */
typedef uint32_t pick_function(uint32_t limit);

/* What there is at the start. */
struct world {
    unsigned programs;      /* at most GENERATOR_PROGRAMS; the first is passive */
    uint64_t pool_bytes[2]; /* where they live: one pool, and one in memory that was carved */
    uint64_t small_bytes;   /* a pool more, to be exhausted; 0: none */
    uint64_t memory_bytes;  /* the memory behind the second pool */
    uint64_t period;        /* of all budgets, in ticks */
    unsigned replenishments;
    bool root_acts; /* root makes calls of its own, too */
};

/* What happens to a thread that is no call of it. */
enum event_kind {
    EVENT_FAULT,        /* thread_fault: reason, address */
    EVENT_MEMORY_FAULT, /* domain_memory_fault: reason, address */
    EVENT_RAISE,        /* flags are raised at the notification `object` */
    EVENT_LINE,         /* the interrupt line `reason` */
    EVENT_EXIT,         /* vcpu_exit: reason, address, value */
    EVENT_WFI,          /* vcpu_wait_for_interrupt */
    EVENT_ACKNOWLEDGE,  /* the guest acknowledges virtual interrupt `reason` */
    EVENT_DEACTIVATE,   /* ... and is done with it */
};

struct event {
    enum event_kind kind;
    struct thread *thread;
    void *object;
    uint64_t reason, address, syndrome, value;
};

/* Told of every event before the kernel is; null: nobody. */
extern void (*generator_event)(const struct event *event);
extern unsigned generator_switched; /* wakes that switched at once (preempt.h) */
extern bool generator_verbose;      /* print what is done */

/* After machine_start: root makes the world and goes to sleep. */
void generator_set_up(const struct world *world, pick_function *pick);
/* Somebody does something, or time passes. */
void generator_step(void);
