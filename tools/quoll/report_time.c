/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Utilisation and response times, core by core.
 */
#include <inttypes.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/report.h"
#include "tools/quoll/rta.h"
#include "tools/quoll/value.h"

static const char *print_microseconds(uint64_t nanoseconds)
{
    return arena_print("%" PRIu64 ".%" PRIu64 "us", nanoseconds / 1000, nanoseconds % 1000 / 100);
}

static void report_task(struct report *report, const struct task *task)
{
    uint64_t share = task->time * 1000 / task->period;

    report_line(report, "  %-24s %3u %12s %12s %3" PRIu64 ".%" PRIu64 "%% %12s %14s  %s", task->name, task->priority,
                print_time(task->time), print_time(task->period), share / 10, share % 10,
                print_microseconds(task->blocking), task->schedulable ? print_microseconds(task->response) : "> period",
                task->schedulable ? "yes" : "NO");
}

static void report_core(struct report *report, const struct analysis *analysis, unsigned core)
{
    uint64_t share = 0;
    bool all = true;

    report_line(report, "Core %u", core);
    report_line(report, "  %-24s %3s %12s %12s %6s %12s %14s  %s", "budget of", "pri", "time", "period", "share",
                "blocking", "response", "in time");
    for (unsigned i = 0; i < analysis->task_count; i++) {
        const struct task *task = &analysis->tasks[i];

        if (task->core != core)
            continue;
        report_task(report, task);
        share += task->time * 10000 / task->period;
        all = all && task->schedulable;
    }
    report_line(report, "  utilisation %" PRIu64 ".%02" PRIu64 " %%; schedulable: %s\n", share / 100, share % 100,
                all ? "yes" : "NO");
}

static void report_portals(struct report *report)
{
    const struct system *system = report->system;

    report_line(report, "Longest requests (own + those of portals called in turn):");
    for (unsigned i = 0; i < system->component_count; i++)
        for (unsigned j = 0; j < system->components[i].portal_count; j++) {
            const struct portal *portal = &system->components[i].portals[j];

            report_line(report, "  %s.%s %s, with nested calls %s (line %u)", system->components[i].name, portal->name,
                        print_time(portal->longest), print_time(portal_longest(system, portal)),
                        portal->longest_at.line);
        }
}

static bool serves_guest(const struct component *service, const struct component *client)
{
    bool serves = client->vm != NULL && client->vm->has_console && client->vm->service == service;

    for (unsigned kind = 0; kind < SHARE_KINDS && client->vm != NULL; kind++)
        serves = serves || (client->shares[kind] != NULL && client->shares[kind]->service == service);
    return serves;
}

/* Doorbells are not masked by anybody, so no service can bound what they cost it. */
static void report_overruns(struct report *report)
{
    const struct system *system = report->system;

    for (unsigned i = 0; i < system->component_count; i++)
        for (unsigned j = 0; j < system->component_count && system->components[i].budget.restart; j++) {
            const struct component *service = &system->components[i];

            if (serves_guest(service, &system->components[j]))
                report_line(report,
                            "warning: %s:%u: %s can be made to use its budget up by %s, a guest, whose doorbells cost "
                            "it time, and is made again then (`overrun: restart`); write `overrun: report` unless "
                            "the guest is trusted not to",
                            service->budget.at.file, service->budget.at.line, service->name,
                            system->components[j].name);
        }
}

void report_time(struct report *report)
{
    struct analysis analysis = {0};

    report_title(report, "4. Time");
    report_line(report,
                "Fixed priorities, budgets as sporadic servers, deadline = period. `response` is the worst time");
    report_line(report,
                "from release until the budget's time was had; `blocking` is one longest request of each server");
    report_line(report, "that may be serving a less urgent caller. The kernel's own microseconds are not counted,");
    report_line(report, "and neither is root (priority %u), which works only when something is made or made again.\n",
                report->system->root.priority);
    analyse(report->system, &analysis);
    for (unsigned core = 0; core < report->system->board->core_count; core++)
        report_core(report, &analysis, core);
    report_portals(report);
    report_overruns(report);
}
