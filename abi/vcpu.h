/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A virtual CPU as its VMM sees it: the shared state page, the exit message, the reply.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

/*
 * At the start of the 4 KiB of memory named in create_vcpu. The kernel writes it when the vCPU exits and reads it,
 * each field once, when the vCPU is entered; the VMM may change it only while it serves an exit of that vCPU or before
 * thread_start. Whatever it holds, the kernel limits pstate.M to EL0t, EL1t, EL1h and AArch32 EL0, and clears SS and
 * IL.
 */
struct quoll_vcpu_state {
    uint64_t x[31];
    uint64_t pc;
    uint64_t pstate; /* SPSR_EL2 layout, Arm ARM C5.2.19 */
};
static_assert(sizeof(struct quoll_vcpu_state) == 33 * 8, "assembly and VMMs index this page");

/* Registers for thread_read_vcpu and thread_write_vcpu: what stays in the CPU while the VMM answers. */
enum quoll_vcpu_register {
#define VCPU_REGISTER(number, name) QUOLL_VCPU_##name = (number),
#include "abi/vcpu_registers.def"
#undef VCPU_REGISTER
    QUOLL_VCPU_REGISTER_COUNT,
};

/*
 * An exit is a call on the vCPU's exit portal:
 *   w0 reason, w1 ESR_EL2, w2 intermediate physical address (aborts; 0 otherwise), w3 value written (abort writes with
 *   a valid syndrome and MSR; 0 otherwise), w4 pc of the instruction, w5 FAR_EL2 (aborts: the virtual address, unless
 *   ESR.FnV says that it is not known; 0 otherwise), w6, w7 zero.
 * pc in the state page is still that of the trapping instruction (for HVC: of the next one, as the architecture has
 * it); the VMM writes results to x[Rt] and moves pc on itself.
 */
enum quoll_exit_reason {
    QUOLL_EXIT_ABORT = 1, /* stage-2 data abort that the match table does not know */
    QUOLL_EXIT_INSTRUCTION_ABORT = 2,
    QUOLL_EXIT_SYSTEM_REGISTER = 3, /* trapped MRS/MSR, ESR.ISS says which (Arm ARM, ISS encoding for EC 0x18) */
    QUOLL_EXIT_HVC = 4,             /* hvc #0: SMCCC, arguments in state.x[0..7] */
    QUOLL_EXIT_SMC = 5,
    QUOLL_EXIT_UNKNOWN = 6,   /* any other trapped instruction; ESR says which */
    QUOLL_EXIT_IMPRECISE = 7, /* SError was taken while the guest ran */
};

/* The reply: w0 flags; with REPLY_INTERRUPT w1, w2, w3 are the arguments of set_virtual_interrupt. */
enum quoll_vcpu_reply {
    QUOLL_REPLY_INTERRUPT = 1 << 0,
    QUOLL_REPLY_STOP = 1 << 1, /* suspend the vCPU: thread_resume goes on, thread_start resets its ICC_ state */
    QUOLL_REPLY_WAIT = 1 << 2, /* the guest waits for an interrupt before it goes on, as by WFI */
};

/*
 * State of a virtual interrupt, for set_/get_virtual_interrupt and the reply. `mask` says which fields are meant.
 * PENDING of a LEVEL interrupt is the level of the line; of an edge interrupt, the latch.
 */
enum quoll_virtual_interrupt {
    QUOLL_VIRQ_ENABLED = 1 << 0,
    QUOLL_VIRQ_PENDING = 1 << 1,
    QUOLL_VIRQ_ACTIVE = 1 << 2,
    QUOLL_VIRQ_LEVEL = 1 << 3,
    QUOLL_VIRQ_GROUP1 = 1 << 4,
    QUOLL_VIRQ_PRIORITY = 0xff << 8, /* GICD_IPRIORITYR value */
};

/* INTIDs 0..15 SGI, 16..31 PPI, 32.. SPI; a vCPU has records for these. */
enum { QUOLL_VIRQ_COUNT = 256 };

/* Entries of a vCPU's match table. */
enum { QUOLL_MATCH_COUNT = 64 };
