/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the kernel records in its trace (abi/trace.h). Each call is a line of its own where the event happens, changes
 * nothing but the ring, and is bounded by a few dozen instructions. All run with interrupts masked on the core whose
 * ring they write.
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

/* Give the rings to root (BOOT_CAP_TRACE); this core's is open from now on. */
void trace_boot(struct core *core, struct domain *root, struct pool *pool);

/* The kernel was entered from below (enum quoll_trace_entry): interrupts are off from about here. */
void trace_enter(struct core *core, unsigned entry);
/*
 * It is about to be left for `next`; with null, to wait for an interrupt, after which it counts as entered again by
 * trace_enter. KERNEL with the length of its longest stretch, and SWITCH when that is another thread than before.
 */
void trace_leave(struct core *core, const struct thread *next);

/* Preemption point: a stretch ends, and the next begins. */
void trace_poll(void);

/* The call in the thread's registers, before it runs; and what was answered, when it was answered at once. */
void trace_call(const struct thread *thread);
void trace_answer(const struct thread *thread, uint64_t number, int answer);

void trace_deliver(const struct thread *server, const struct thread *caller, uint64_t label);
void trace_queue(const struct thread *caller, const struct thread *server);
void trace_reply(const struct thread *server, const struct thread *caller);

void trace_interrupt(const struct core *core, uint32_t line);
void trace_exit(const struct thread *thread, unsigned reason, uint64_t syndrome, uint64_t address);
void trace_wfi(const struct thread *thread);

/* Flags were added to those pending; before the receiver takes them. */
void trace_notify(const struct notification *notification, uint64_t flags);

/* `ticks` were charged; the budget ran out; its owner may run again. */
void trace_charge(const struct budget *budget, uint64_t ticks);
void trace_exhaust(const struct budget *budget);
void trace_refill(const struct budget *budget);

void trace_fault(const struct thread *thread, unsigned reason, uint64_t address);
