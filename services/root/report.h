/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Why a component died, for a person: reason, registers, backtrace with function names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPORT_FRAMES_MAX = 16 };

/* What notification_take_fault answers. */
struct fault {
    uint64_t component;
    uint64_t reason; /* enum quoll_fault_reason */
    uint64_t pc;
    uint64_t address;
    uint64_t syndrome;
};

/* Into the log. The component's thread is suspended. */
void report_fault(const struct fault *fault);
/* The registers and the stack of a component whose thread is suspended. */
void report_thread(uint32_t component);

/*
 * Budgets that ran out since the last report and whose description asks for one: into the log, at most once a second.
 * Answers which components are to be made again for it; those are not kept waiting.
 */
uint64_t report_overruns(void);

/* "function+0x1c", or "?" (report_frames.c) */
void report_place(uint32_t component, uint64_t pc, char *text, size_t size);

/*
 * Follows the chain of frame records (AAPCS64 6.4.6) in a copy or view of the stack, `size` bytes that lie at `base`
 * for the component. Nothing there is trusted: a record must be aligned, inside, and above the last one. Answers how
 * many return addresses it put into `address`. (report_frames.c)
 */
unsigned report_frames(const uint64_t *stack, uint64_t base, uint64_t size, uint64_t frame,
                       uint64_t address[REPORT_FRAMES_MAX]);

/*
 * Did the function at `pc` make no frame record, so that its caller is only in the link register `lr`? It did not when
 * `lr` leads into another function than `pc` and is not what the innermost record holds. (report_frames.c)
 */
bool report_is_leaf(uint32_t component, uint64_t pc, uint64_t lr, uint64_t innermost);

/* A sentence for a reason. (report_frames.c) */
const char *report_reason(uint64_t reason);
