/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * FP and SIMD registers, swapped only when another thread uses them.
 */
#pragma once

#include "core.h"
#include "sysreg.h"

struct core;
struct thread;

/* fp_registers.S */
void fp_save(struct arch_fp *fp);
void fp_load(const struct arch_fp *fp);

/* `thread` trapped on its first FP instruction since others had the registers: give them to it. */
void fp_take(struct core *core, struct thread *thread);

/* CPTR_EL2 for the thread that runs next: it traps unless it owns the registers. */
static inline void fp_guard(const struct core *core, const struct thread *thread)
{
    SYSREG_WRITE(cptr_el2, core->arch.fp_owner == thread ? CPTR_OPEN : CPTR_CLOSED); /* D19.2 */
}
