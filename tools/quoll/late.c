/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A warning where a budget is not there within its period in the worst case. A system may be so on purpose, with less
 * urgent components that take what is left: one line a core, of its most urgent late one; the report has the rest.
 */
#include <inttypes.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/rta.h"
#include "tools/quoll/value.h"

enum { NAMED_MAX = 2 };

/* What another budget of its core takes within a period of the task's, which begins when both may run. */
static uint64_t taken(const struct task *task, const struct task *other)
{
    if (other == task || other->core != task->core || other->priority < task->priority)
        return 0;
    return (task->period + other->period - 1) / other->period * other->time;
}

/* Who takes most, of those that are not in `named`; NULL: nobody is left. */
static const struct task *most(const struct analysis *analysis, const struct task *task, const struct task **named)
{
    const struct task *found = NULL;

    for (unsigned i = 0; i < analysis->task_count; i++) {
        const struct task *other = &analysis->tasks[i];
        bool known = taken(task, other) == 0;

        for (unsigned j = 0; j < NAMED_MAX; j++)
            known = known || named[j] == other;
        if (!known && (found == NULL || taken(task, other) > taken(task, found)))
            found = other;
    }
    return found;
}

/* "`agent` takes up to 10ms, `block` 1500us, 9 more 4ms, requests of less urgent callers 50us" */
static const char *in_the_way(const struct analysis *analysis, const struct task *task)
{
    const struct task *named[NAMED_MAX] = {0};
    const char *text = "";
    uint64_t rest = 0;
    unsigned others = 0;

    for (unsigned i = 0; i < analysis->task_count; i++) {
        rest += taken(task, &analysis->tasks[i]);
        others += taken(task, &analysis->tasks[i]) != 0;
    }
    for (unsigned i = 0; i < NAMED_MAX && i < others; i++) {
        named[i] = most(analysis, task, named);
        rest -= taken(task, named[i]);
        text = arena_print("%s%s`%s` %s%s", text, i == 0 ? "" : ", ", named[i]->name, i == 0 ? "takes up to " : "",
                           print_time(taken(task, named[i])));
    }
    if (others > NAMED_MAX)
        text = arena_print("%s, %u more %s", text, others - NAMED_MAX, print_time(rest));
    if (task->blocking != 0)
        text = arena_print("%s%srequests of less urgent callers %s%s", text, others == 0 ? "" : ", ",
                           others == 0 ? "take up to " : "", print_time(task->blocking));
    return text;
}

void warn_late(const struct system *system)
{
    struct analysis analysis = {0};
    const struct task *task = NULL;

    analyse(system, &analysis);
    for (unsigned i = 0; i < analysis.task_count; i = (unsigned)(task - analysis.tasks)) {
        const struct task *first = &analysis.tasks[i];
        unsigned late = 0;

        for (task = first; task < analysis.tasks + analysis.task_count && task->core == first->core; task++) {
            if (!task->schedulable && late++ == 0)
                first = task;
        }
        if (late == 0)
            continue;
        warning(first->at,
                "`%s` may not get its %s in every %s: %s%s; write a longer period, a higher priority, or less time for "
                "those before it",
                first->name, print_time(first->time), print_time(first->period), in_the_way(&analysis, first),
                late == 1 ? "" : arena_print(" (and %u after it, see `quoll report`)", late - 1));
    }
}
