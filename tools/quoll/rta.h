/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Response-time analysis: whether every budget is there within its period, in the worst case.
 */
#pragma once

#include "tools/quoll/model.h"

/* A budget: a component's own, or that of a VM's virtual CPU. */
struct task {
    const char *name;
    const struct component *component;
    struct position at; /* of the budget */
    bool is_vcpu;
    unsigned core;
    unsigned priority;
    uint64_t time;     /* ns, with `period` the budget */
    uint64_t period;   /* and deadline */
    uint64_t blocking; /* ns that less urgent callers of shared servers hold it up */
    uint64_t response; /* ns from release to the end of its budget; valid when schedulable */
    bool schedulable;
};

struct analysis {
    struct task *tasks; /* by core, the most urgent first */
    unsigned task_count;
};

/* The calls of the system must be free of cycles. */
void analyse(const struct system *system, struct analysis *analysis);

/* Warns, once a core, of budgets that are not there within their period. */
void warn_late(const struct system *system);

/* The longest request of a portal with those of the portals that its server calls in turn, ns. */
uint64_t portal_longest(const struct system *system, const struct portal *portal);

/* The portal named `console`, or NULL. */
const struct portal *console_portal(const struct system *system);
