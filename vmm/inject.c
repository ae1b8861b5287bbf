/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "exit.h"
#include "rt/calls.h"

/* PSTATE as SPSR_ELx has it, Arm ARM C5.2.19 */
enum {
    PSTATE_MODE = 0x1f,
    PSTATE_EL0T = 0x00,
    PSTATE_EL1T = 0x04,
    PSTATE_EL1H = 0x05,
    PSTATE_DAIF = 0x3c0,
};
#define PSTATE_PAN  (UINT64_C(1) << 22)
#define PSTATE_DIT  (UINT64_C(1) << 24)
#define PSTATE_NZCV (UINT64_C(15) << 28)

#define SCTLR_SPAN (UINT64_C(1) << 23)

/* Syndromes of synchronous external aborts, not on a table walk and on one (level 0 stands for any) */
enum { FSC_EXTERNAL = 0x10, FSC_EXTERNAL_WALK = 0x14, ISS_S1PTW = 1 << 7, ISS_FNV = 1 << 10 };

enum vector { VECTOR_SP0 = 0x000, VECTOR_SPX = 0x200, VECTOR_LOWER_64 = 0x400, VECTOR_LOWER_32 = 0x600 };

static uint64_t read_register(struct vcpu *vcpu, enum quoll_vcpu_register number)
{
    return quoll_thread_read_vcpu(vcpu->thread, number).word[0];
}

static void write_register(struct vcpu *vcpu, enum quoll_vcpu_register number, uint64_t value)
{
    (void)quoll_thread_write_vcpu(vcpu->thread, number, value);
}

static bool from_el0(uint64_t pstate)
{
    return (pstate & PSTATE_AARCH32) != 0 || (pstate & PSTATE_MODE) == PSTATE_EL0T;
}

static enum vector vector_of(uint64_t pstate)
{
    if ((pstate & PSTATE_AARCH32) != 0)
        return VECTOR_LOWER_32;
    switch (pstate & PSTATE_MODE) {
    case PSTATE_EL0T:
        return VECTOR_LOWER_64;
    case PSTATE_EL1T:
        return VECTOR_SP0;
    default:
        return VECTOR_SPX;
    }
}

static void take_exception(struct vcpu *vcpu, uint64_t esr)
{
    struct quoll_vcpu_state *state = vcpu->state;
    uint64_t pstate = state->pstate;
    uint64_t kept = pstate & (PSTATE_NZCV | PSTATE_PAN | PSTATE_DIT);

    if ((pstate & PSTATE_AARCH32) != 0)
        kept = pstate & PSTATE_NZCV;
    /* SPAN is RES1 where there is no PAN. */
    if ((read_register(vcpu, QUOLL_VCPU_SCTLR_EL1) & SCTLR_SPAN) == 0)
        kept |= PSTATE_PAN;
    write_register(vcpu, QUOLL_VCPU_ESR_EL1, esr);
    write_register(vcpu, QUOLL_VCPU_ELR_EL1, state->pc);
    write_register(vcpu, QUOLL_VCPU_SPSR_EL1, pstate);
    state->pc = read_register(vcpu, QUOLL_VCPU_VBAR_EL1) + vector_of(pstate);
    state->pstate = kept | PSTATE_DAIF | PSTATE_EL1H;
}

void inject_undefined(struct vcpu *vcpu)
{
    take_exception(vcpu, (uint64_t)CLASS_UNKNOWN << 26 | ESR_IL);
}

static void inject_abort(struct vcpu *vcpu, enum exception_class class_lower, uint64_t esr, uint64_t far)
{
    uint32_t class = from_el0(vcpu->state->pstate) ? class_lower : class_lower + 1;
    uint64_t iss = (esr & ISS_S1PTW) != 0 ? FSC_EXTERNAL_WALK : FSC_EXTERNAL;

    if ((esr & ISS_FNV) == 0)
        write_register(vcpu, QUOLL_VCPU_FAR_EL1, far);
    else
        iss = FSC_EXTERNAL | ISS_FNV; /* only an abort that is not on a table walk may say that FAR is not valid */
    take_exception(vcpu, (uint64_t) class << 26 | ESR_IL | iss);
}

void inject_data_abort(struct vcpu *vcpu, uint64_t esr, uint64_t far)
{
    inject_abort(vcpu, CLASS_DATA_ABORT_LOWER, esr, far);
}

void inject_instruction_abort(struct vcpu *vcpu, uint64_t esr, uint64_t far)
{
    inject_abort(vcpu, CLASS_INSTRUCTION_ABORT_LOWER, esr, far);
}
