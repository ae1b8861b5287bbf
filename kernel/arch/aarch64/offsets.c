/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers for assembly files. Compiled to assembly only; the build turns each marked line into a definition in
 * offsets.h.
 */
#include "core.h"
#include "panic.h"
#include "thread.h"

#define DEFINE(name, value) __asm__ volatile(".ascii \"-> " #name " %0\"" ::"i"(value))

void offsets(void);

void offsets(void)
{
    DEFINE(CORE_FRAME, offsetof(struct core, arch.frame));
    DEFINE(CORE_IMPRECISE, offsetof(struct core, arch.imprecise));
    DEFINE(CORE_IMPRECISE_SYNDROME, offsetof(struct core, arch.imprecise_syndrome));
    DEFINE(FRAME_PC, offsetof(struct arch_frame, pc));
    DEFINE(FRAME_PSTATE, offsetof(struct arch_frame, pstate));
    DEFINE(PANIC_FRAME_SP, offsetof(struct panic_frame, sp));
    DEFINE(PANIC_FRAME_PC, offsetof(struct panic_frame, pc));
    /* MAIR_EL2: attribute 0 normal write-back, 1 Device-nGnRE */
    DEFINE(STAGE1_MAIR, 0x04ff);
    /* SCTLR_EL2: M, C, SA, I, WXN */
    DEFINE(STAGE1_SCTLR, 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19);
}
