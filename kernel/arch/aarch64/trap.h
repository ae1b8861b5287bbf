/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Exceptions from EL0 and EL1, as vectors.S calls them. All answer the frame that the exception return loads.
 */
#pragma once

#include "core.h"

struct match_entry;

struct arch_frame *trap_synchronous(struct core *core);
/* Null: a guest was preempted by core->current, native, and fast_guest.S is to do the switch (guest_preempted). */
struct arch_frame *trap_interrupt(struct core *core);
/* The same for one that was taken already. */
struct arch_frame *trap_interrupt_taken(struct core *core, uint32_t line);
struct arch_frame *trap_serror(struct core *core);

/* The exit in core->arch.exit reaches the VMM the general way. */
struct arch_frame *trap_exit(struct core *core);

/* A guest's store to an address of its match table; the general way when that says so. Null: as trap_interrupt. */
struct arch_frame *trap_doorbell(struct core *core, const struct match_entry *entry, uint64_t value);

/* Leave the kernel: schedule, idle while nobody can run, prepare the CPU. */
struct arch_frame *trap_leave(struct core *core);

/* ESR_EL2, Arm ARM D19.2 */
enum syndrome_class {
    CLASS_UNKNOWN = 0x00,
    CLASS_WFX = 0x01,
    CLASS_FP = 0x07,
    CLASS_SVC64 = 0x15,
    CLASS_HVC64 = 0x16,
    CLASS_SMC64 = 0x17,
    CLASS_SYSTEM = 0x18,
    CLASS_INSTRUCTION_ABORT = 0x20,
    CLASS_PC_ALIGNMENT = 0x22,
    CLASS_DATA_ABORT = 0x24,
    CLASS_SP_ALIGNMENT = 0x26,
    CLASS_BREAKPOINT = 0x30,
    CLASS_STEP = 0x32,
    CLASS_WATCHPOINT = 0x34,
    CLASS_BRK64 = 0x3c,
};

static inline unsigned syndrome_class(uint64_t syndrome)
{
    return syndrome >> 26 & 0x3f;
}

static inline unsigned syndrome_immediate(uint64_t syndrome)
{
    return syndrome & 0xffff;
}

/* Aborts: ISV, SAS, SRT, S1PTW, WnR, FSC */
#define SYNDROME_IL      (UINT64_C(1) << 25) /* a 32-bit instruction */
#define SYNDROME_ISV     (UINT64_C(1) << 24)
#define SYNDROME_CM      (UINT64_C(1) << 8)
#define SYNDROME_S1PTW   (UINT64_C(1) << 7)
#define SYNDROME_WRITE   (UINT64_C(1) << 6)
#define SYNDROME_FSC     UINT64_C(0x3f)
#define FSC_TYPE         UINT64_C(0x3c) /* without the level */
#define FSC_ADDRESS_SIZE UINT64_C(0x00)
#define FSC_TRANSLATION  UINT64_C(0x04)
#define FSC_ACCESS_FLAG  UINT64_C(0x08)
#define FSC_PERMISSION   UINT64_C(0x0c)
#define FSC_ALIGNMENT    UINT64_C(0x21)

/* A synchronous exception of a native thread (trap_native.c). */
void trap_native(struct core *core, struct thread *thread, uint64_t syndrome, uint64_t address);
/* Of a guest (trap_guest.c): the words of the exit that its VMM is to get, or null when there is nothing to tell. */
const uint64_t *trap_guest(struct core *core, struct thread *thread, uint64_t syndrome, uint64_t address);
