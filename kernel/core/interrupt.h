/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An interrupt line, or (since boot only) the authority over all lines.
 */
#pragma once

#include "core.h"
#include "object.h"

enum { LINE_MAX = 1020 };

/* Protection: capability lock. */
struct interrupt {
    struct object object;
    uint32_t line;            /* INTID; LINE_MAX: all of them */
    bool active;              /* taken and not yet acknowledged */
    struct slot notification; /* label: flags it raises */
};

struct interrupt *interrupt_create(struct pool *pool, uint32_t line);

/* The line was taken by this core; it stays active until acknowledged. */
void interrupt_deliver(struct core *core, uint32_t line);
/* The notification it raised is gone: the line is masked. */
void interrupt_unbound(struct interrupt *interrupt);
enum progress interrupt_destroy_step(struct interrupt *interrupt);
