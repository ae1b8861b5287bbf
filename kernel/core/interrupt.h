/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An interrupt line, or (since boot only) the authority over all lines.
 */
#pragma once

#include "core.h"
#include "object.h"
#include "preempt.h"

enum { LINE_MAX = 1020, LINE_TABLE = 1024 };

/* Protection: capability lock. */
struct interrupt {
    struct object object;
    uint32_t line;            /* INTID; LINE_MAX: all of them */
    bool active;              /* taken and not yet acknowledged */
    struct slot notification; /* label: flags it raises */
};

struct interrupt *interrupt_create(struct pool *pool, uint32_t line);

/* The object of each line, or null; as many as a power of two. Protection: capability lock. */
extern struct interrupt *interrupt_lines[LINE_TABLE];

/* The line was taken by this core; it stays active until acknowledged. */
void interrupt_deliver(struct core *core, uint32_t line);

/* The same, if that makes a thread run at once (preempt.h): which. Null: nothing has changed. */
static inline struct thread *interrupt_preempt(struct core *core, struct interrupt *interrupt)
{
    struct object *object = interrupt->notification.object;
    struct thread *woken = NULL;

    if (object == NULL)
        return NULL;
    woken =
        notification_preempt(core, container_of(object, struct notification, object), interrupt->notification.label);
    if (woken != NULL)
        interrupt->active = true;
    return woken;
}

/*
 * The same for a line that waited behind something, after which it may have to be chosen who runs: that is put off
 * until the thread, if it comes before all who could be chosen, has run. The core's timer is set then.
 */
struct thread *interrupt_overtake(struct core *core, uint32_t line);

/* The notification it raised is gone: the line is masked. */
void interrupt_unbound(struct interrupt *interrupt);
enum progress interrupt_destroy_step(struct interrupt *interrupt);
