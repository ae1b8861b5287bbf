/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Exits of a vCPU, by reason. A handler reads the message's words (abi/vcpu.h), changes the state page, and leaves
 * pc where the guest goes on.
 */
#pragma once

#include "rt/message.h"
#include "vm.h"

/* Fields of ESR_EL2, Arm ARM D17.2.37 */
#define ESR_CLASS(esr) ((uint32_t)((esr) >> 26) & 0x3f)
#define ESR_IL         (UINT64_C(1) << 25)
#define ESR_ISS(esr)   ((uint32_t)(esr)&0x1ffffff)

/* PSTATE as SPSR_ELx has it, Arm ARM C5.2.19: M[4], the guest's EL0 is in AArch32 */
enum { PSTATE_AARCH32 = 0x10 };

enum exception_class {
    CLASS_UNKNOWN = 0x00,
    CLASS_HVC64 = 0x16,
    CLASS_INSTRUCTION_ABORT_LOWER = 0x20,
    CLASS_INSTRUCTION_ABORT_SAME = 0x21,
    CLASS_DATA_ABORT_LOWER = 0x24,
    CLASS_DATA_ABORT_SAME = 0x25,
};

/* What an aborted access was; only with a valid syndrome. */
struct access {
    uint32_t size;   /* 1, 2, 4 or 8 bytes */
    uint32_t target; /* register, 31 is the zero register */
    bool write;
    bool sign_extend;
    bool wide; /* the register is X, not W */
};

/* Decodes the ISS of a data abort; false without a valid syndrome (ISV). */
bool abort_decode(uint64_t esr, struct access *access);

/* What a load of `value` leaves in the register. */
uint64_t abort_extend(const struct access *access, uint64_t value);

void abort_exit(struct vcpu *vcpu, const struct quoll_message *message);
void instruction_abort_exit(struct vcpu *vcpu, const struct quoll_message *message);
void sysreg_exit(struct vcpu *vcpu, const struct quoll_message *message);
void psci_exit(struct vcpu *vcpu, const struct quoll_message *message);

/* The value of x[index], x31 reading as zero; what is written to x31 is lost. */
static inline uint64_t vcpu_register(const struct vcpu *vcpu, uint32_t index)
{
    return index < 31 ? vcpu->state->x[index] : 0;
}

static inline void vcpu_set_register(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
    if (index < 31)
        vcpu->state->x[index] = value;
}

/* Past the trapped instruction, which IL says is 4 or 2 bytes long. */
static inline void vcpu_skip(struct vcpu *vcpu, uint64_t esr)
{
    vcpu->state->pc += (esr & ESR_IL) != 0 ? 4 : 2;
}

/*
 * Take an exception to the guest's EL1 at the trapped instruction, as the architecture does (Arm ARM D1.3.1):
 * undefined instruction; synchronous external abort at the virtual address `far`, which esr (FnV) may say is not known.
 */
void inject_undefined(struct vcpu *vcpu);
void inject_data_abort(struct vcpu *vcpu, uint64_t esr, uint64_t far);
void inject_instruction_abort(struct vcpu *vcpu, uint64_t esr, uint64_t far);
