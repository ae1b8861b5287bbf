/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the architecture keeps inside the core's structures. References are to the Arm ARM (DDI 0487).
 */
#pragma once

#include "abi/vcpu.h"
#include "arch_vcpu_types.h"
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;
struct vcpu;

/* Where an exception from EL0 or EL1 saves registers, and where the return to it loads them from. */
struct arch_frame {
    uint64_t x[31];
    uint64_t pc;     /* ELR_EL2 */
    uint64_t pstate; /* SPSR_EL2, C5.2 */
};
static_assert(sizeof(struct arch_frame) == sizeof(struct quoll_vcpu_state) &&
                  offsetof(struct arch_frame, pc) == offsetof(struct quoll_vcpu_state, pc) &&
                  offsetof(struct arch_frame, pstate) == offsetof(struct quoll_vcpu_state, pstate),
              "a vCPU's frame is its state page");

struct arch_fp {
    _Alignas(16) uint8_t q[32][16];
    uint64_t fpcr, fpsr;
};

struct arch_thread {
    struct arch_frame *frame; /* `registers`, or the state page of a vCPU */
    uint64_t vttbr;           /* VTTBR_EL2 of its domain */
    struct arch_frame registers;
    uint64_t sp, tpidr; /* native: SP_EL0, TPIDR_EL0 while not in the CPU */
    bool unwatched;     /* vCPU: its caches are on, its writes of virtual memory controls do not trap (guest_cache.c) */
    uint64_t imprecise_syndrome; /* while thread->imprecise */
    uint64_t cleaned;  /* vCPU: address up to which its RAM was cleaned for the write that trapped; 0: at none */
    struct arch_fp fp; /* while not in the CPU */
};

/* Protection: its own core. */
struct arch_core {
    struct vcpu *guest;       /* the resident vCPU while the CPU is all its guest's; null in native mode */
    struct arch_frame *frame; /* of the thread that runs: entry code stores there */
    struct thread *loaded;    /* whose SP_EL0 and TPIDR_EL0 the CPU holds, when native; who ran as guest; or null */
    struct thread *fp_owner;  /* whose FP/SIMD registers the CPU holds, or null */
    struct vcpu *resident;    /* whose EL1 registers, list registers and virtual timer the CPU holds, or null */
    /* conditions of a thread (thread.h) of this core that waits for a call, for a reply, and for one to an exit */
    uint64_t callable, answerable, answerable_exit;
    uint64_t callable_shifted;                                       /* callable without its top bit */
    uint64_t hcr_native, sctlr_native, cpacr_native, cntkctl_native; /* what native mode has (switch.c) */
    uint64_t cptr_closed, cptr_open;                                 /* CPTR_EL2 with and without TFP */
    uint64_t guest_modes;                                            /* bit set: SPSR_EL2.M that a guest may have */
    uint64_t zero[2];
    uint64_t exit[6]; /* words of the exit that a guest takes (trap_guest.c) */
    bool overtaken;   /* the kernel's timer, which was taken, by a line: it is pending again (trap.c) */
    bool imprecise;   /* an SError arrived while the kernel drained those of a thread (vectors.S) */
    uint64_t imprecise_syndrome;
    uint64_t redistributor; /* address of this core's GIC redistributor */
};
