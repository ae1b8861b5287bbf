/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * No trace is kept: every function is empty (trace-on/trace.h says what each would record).
 */
#pragma once

#include "abi/trace.h"
#include <stdint.h>

struct budget;
struct core;
struct domain;
struct notification;
struct pool;
struct thread;

static inline void trace_boot(struct core *core, struct domain *root, struct pool *pool)
{
    (void)core;
    (void)root;
    (void)pool;
}

static inline void trace_enter(struct core *core, unsigned entry)
{
    (void)core;
    (void)entry;
}

static inline void trace_leave(struct core *core, const struct thread *next)
{
    (void)core;
    (void)next;
}

static inline void trace_poll(void)
{
}

static inline void trace_call(const struct thread *thread)
{
    (void)thread;
}

static inline void trace_answer(const struct thread *thread, uint64_t number, int answer)
{
    (void)thread;
    (void)number;
    (void)answer;
}

static inline void trace_deliver(const struct thread *server, const struct thread *caller, uint64_t label)
{
    (void)server;
    (void)caller;
    (void)label;
}

static inline void trace_queue(const struct thread *caller, const struct thread *server)
{
    (void)caller;
    (void)server;
}

static inline void trace_reply(const struct thread *server, const struct thread *caller)
{
    (void)server;
    (void)caller;
}

static inline void trace_interrupt(const struct core *core, uint32_t line)
{
    (void)core;
    (void)line;
}

static inline void trace_exit(const struct thread *thread, unsigned reason, uint64_t syndrome, uint64_t address)
{
    (void)thread;
    (void)reason;
    (void)syndrome;
    (void)address;
}

static inline void trace_wfi(const struct thread *thread)
{
    (void)thread;
}

static inline void trace_notify(const struct notification *notification, uint64_t flags)
{
    (void)notification;
    (void)flags;
}

static inline void trace_charge(const struct budget *budget, uint64_t ticks)
{
    (void)budget;
    (void)ticks;
}

static inline void trace_exhaust(const struct budget *budget)
{
    (void)budget;
}

static inline void trace_refill(const struct budget *budget)
{
    (void)budget;
}

static inline void trace_fault(const struct thread *thread, unsigned reason, uint64_t address)
{
    (void)thread;
    (void)reason;
    (void)address;
}
