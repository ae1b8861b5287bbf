/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a core keeps for itself.
 *
 * Locking rule, for when more than one core runs. Three locks, taken in this order and never the other way round:
 *   1. the capability lock: slots, object->dying, the trees of pools, memories and mappings
 *   2. a pool's lock: its free blocks and accounting
 *   3. a domain's lock: its translation tables
 * Threads, budgets, timers and run queues have no lock: only their own core touches them, with interrupts masked;
 * others send a request to that core's mailbox and an SGI. One core is started today, so the locks have no code yet;
 * what they would protect is said beside each structure.
 */
#pragma once

#include "arch_types.h"
#include "list.h"
#include "ordered_set.h"

enum {
    PRIORITY_COUNT = 256,
    CORE_MAX = 16,     /* that a board may have */
    CORES_STARTED = 1, /* that the kernel runs on */
};

struct core {
    struct thread *current; /* whose registers the next exception return loads; null: idle */
    struct thread *payer;   /* whose budget runs it */
    uint64_t payer_since;   /* counter when payer or current last changed, not yet charged */
    uint8_t bar;            /* a thread of a higher priority that is woken runs at once (preempt.h), ... */
    bool reschedule;        /* ... unless something changed that the scheduler must look at */
    uint64_t plain;         /* condition (thread.h) of a native thread of this core that is ready */
    struct arch_core arch;

    unsigned number;
    struct budget *root_budget; /* all time of this core that nobody was given */
    struct ordered_set timers;
    uint64_t timers_from; /* those that are due wait until then, so that whoever runs gets somewhere in between */
    struct list revived;  /* were stalled, wait to be put back into the queues */
    uint8_t revived_top;  /* none of them has a higher priority */
    uint64_t ready[PRIORITY_COUNT / 64]; /* bit set: that queue has a member */
    struct list queue[PRIORITY_COUNT];   /* budget owners; the one that runs stays at its place */
};

extern struct core cores[CORES_STARTED];
