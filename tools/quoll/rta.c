/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Fixed priorities, sporadic servers, deadline = period (Audsley, Burns, Richardson, Tindell, Wellings 1993):
 *
 *   R = C + B + sum over j at least as urgent: ceil(R / T_j) * C_j
 *
 * C is the budget's time: what a component does on it, calls of servers included. B is priority inversion: a server
 * that the task or a more urgent one uses may just be serving a less urgent caller; it inherits, so each such server
 * holds the task up for one longest request. The kernel's own non-preemptible parts (microseconds) are not in it.
 */
#include "tools/quoll/rta.h"

#include <stdlib.h>
#include <string.h>

#include "tools/quoll/arena.h"

const struct portal *console_portal(const struct system *system)
{
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct portal *portal = portal_find(&system->components[i], "console");

        if (portal != NULL)
            return portal;
    }
    return NULL;
}

/* Recursion ends: calls have no cycles and at most 8 links. */
uint64_t portal_longest(const struct system *system, const struct portal *portal)
{
    const struct component *server = portal->server;
    const struct portal *console = console_portal(system);
    uint64_t sum = portal->longest;

    for (unsigned i = 0; i < server->call_count; i++)
        sum += portal_longest(system, server->calls[i].portal);
    if (server->console && console != NULL)
        sum += portal_longest(system, console);
    return sum;
}

static bool uses(const struct component *component, const struct portal *portal)
{
    if (component->console && strcmp(portal->name, "console") == 0)
        return true;
    if (component->vm != NULL && component->vm->service_portal == portal)
        return true;
    for (unsigned i = 0; i < component->call_count; i++)
        if (component->calls[i].portal == portal)
            return true;
    return false;
}

/* What one server may hold the task up for: a request of a less urgent caller, when somebody urgent waits for it. */
static uint64_t blocking_by(const struct system *system, const struct task *task, const struct component *server)
{
    bool urgent = task->component == server;
    uint64_t longest = 0;

    for (unsigned i = 0; i < server->portal_count; i++) {
        uint64_t time = portal_longest(system, &server->portals[i]);

        for (unsigned j = 0; j < system->component_count; j++) {
            const struct component *caller = &system->components[j];

            if (!uses(caller, &server->portals[i]))
                continue;
            if (caller->priority >= task->priority)
                urgent = true;
            else if (time > longest)
                longest = time;
        }
    }
    return urgent ? longest : 0;
}

static void find_response(struct analysis *analysis, struct task *task)
{
    uint64_t response = task->time + task->blocking;
    uint64_t before = 0;

    while (response != before && response <= task->period) {
        before = response;
        response = task->time + task->blocking;
        for (unsigned i = 0; i < analysis->task_count; i++) {
            const struct task *other = &analysis->tasks[i];

            if (other != task && other->core == task->core && other->priority >= task->priority)
                response += (before + other->period - 1) / other->period * other->time;
        }
    }
    task->response = response;
    task->schedulable = response <= task->period;
}

static void add_task(struct analysis *analysis, const struct component *component, const struct budget *budget,
                     unsigned priority, bool is_vcpu)
{
    struct task *task = NULL;

    if (budget->period == 0)
        return;
    task = ARRAY_ADD(analysis->tasks, analysis->task_count);
    *task = (struct task){.name = is_vcpu ? arena_print("%s (vCPU)", component->name) : component->name,
                          .component = component,
                          .at = budget->at,
                          .is_vcpu = is_vcpu,
                          .core = component->core,
                          .priority = priority,
                          .time = budget->time,
                          .period = budget->period};
}

static int by_urgency(const void *a, const void *b)
{
    const struct task *left = a;
    const struct task *right = b;

    if (left->core != right->core)
        return left->core < right->core ? -1 : 1;
    if (left->priority != right->priority)
        return left->priority > right->priority ? -1 : 1;
    return strcmp(left->name, right->name);
}

void analyse(const struct system *system, struct analysis *analysis)
{
    *analysis = (struct analysis){0};
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        add_task(analysis, component, &component->budget, component->priority, false);
        if (component->vm != NULL)
            add_task(analysis, component, &component->vm->vcpu_budget, component->vm->vcpu_priority, true);
    }
    if (analysis->task_count == 0)
        return;
    qsort(analysis->tasks, analysis->task_count, sizeof *analysis->tasks, by_urgency);
    for (unsigned i = 0; i < analysis->task_count; i++) {
        struct task *task = &analysis->tasks[i];

        for (unsigned j = 0; j < system->component_count; j++)
            if (system->components[j].core == task->core)
                task->blocking += blocking_by(system, task, &system->components[j]);
        find_response(analysis, task);
    }
}
