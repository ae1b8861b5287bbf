/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who the CPU belongs to below EL2. switch.c decides and does the native side; vcpu_arch.c does the guest's.
 *
 *   from     to        who does what
 *   native   native    switch.c: SP_EL0, TPIDR_EL0, VTTBR_EL2
 *   native   guest     switch.c saves SP_EL0 and TPIDR_EL0, then vcpu_arch_enter
 *   guest    guest B   vcpu_arch_enter
 *   guest    native    vcpu_arch_leave, then switch.c: HCR_EL2, ISB, VTTBR_EL2, and the rest as native code needs it
 *
 * Lazy FP: CPTR_EL2.TFP is set by switch.c after all that, for either mode.
 */
#pragma once

#include "core.h"
#include "fp.h"
#include "sysreg.h"
#include "thread.h"
#include "translation.h"

struct vcpu;

/*
 * Make `vcpu` the resident one and the CPU the guest's: what native mode replaced (SCTLR_EL1, CPACR_EL1, CNTKCTL_EL1,
 * MDSCR_EL1, SP_EL0, TPIDR_EL0, TPIDRRO_EL0) and CNTHCTL_EL2, then VTTBR_EL2, ISB, HCR_EL2 in this order. Leaves
 * ELR_EL2, SPSR_EL2 and CPTR_EL2 alone.
 */
void vcpu_arch_enter(struct core *core, struct vcpu *vcpu);

/* Native code comes next, after core->arch.guest: save what switch.c is about to replace. Leaves HCR_EL2 and VTTBR_EL2
 * alone. */
void vcpu_arch_leave(struct core *core);

/* The vCPU goes away: nothing of it that is in the CPU (list registers, virtual timer) may act any more. */
void vcpu_arch_forget(struct core *core, struct vcpu *vcpu);

/*
 * The virtual timer's PPI was taken; it is still active. Tells the resident vCPU, to which its deactivation is left
 * (HW=1 list register), or silences the timer and deactivates it when there is none.
 */
void vcpu_arch_timer_interrupt(struct core *core);

/* vectors.S: wait for what the last thread wrote; core->arch.imprecise says whether that ended in an SError. */
void vector_drain(void);

/* Prepare the CPU for `thread`, after the scheduler chose it; answers the frame that the exception return loads. */
struct arch_frame *switch_to(struct core *core, struct thread *thread);

/*
 * May native `thread` simply follow `loaded` (core->arch.loaded), which ran until now? It has caused no SError, for
 * which its memory accesses are waited for. Then the FP registers are guarded already. False: nothing has changed.
 */
static inline bool switch_is_plain(struct core *core, const struct thread *loaded, const struct thread *thread)
{
    const struct thread *owner = core->arch.fp_owner;

    dsb();
    isb();
    if ((SYSREG_READ(isr_el1) & BIT(8)) != 0) /* D19.2: A */
        return false;
    if (owner == loaded || owner == thread)
        fp_guard(core, thread);
    return true;
}

/* Then it does, if `loaded` is native, too; from a guest, fast_guest.S does. */
static inline struct arch_frame *switch_plain(struct core *core, struct thread *loaded, struct thread *thread)
{
    struct arch_frame *frame = &thread->arch.registers;
    uint64_t sp = SYSREG_READ(sp_el0);
    uint64_t tpidr = SYSREG_READ(tpidr_el0);
    uint64_t pc = frame->pc;
    uint64_t pstate = frame->pstate & SPSR_NZCV;

    loaded->arch.sp = sp;
    loaded->arch.tpidr = tpidr;
    sp = thread->arch.sp;
    tpidr = thread->arch.tpidr;
    core->arch.frame = frame;
    core->arch.loaded = thread;
    SYSREG_WRITE(vttbr_el2, thread->arch.vttbr);
    SYSREG_WRITE(sp_el0, sp);
    SYSREG_WRITE(tpidr_el0, tpidr);
    SYSREG_WRITE(elr_el2, pc);
    SYSREG_WRITE(spsr_el2, pstate);
    return frame;
}

/* Once per core: registers that never change. */
void switch_init(struct core *core);

/* VTTBR_EL2, D19.2: root table and VMID. */
static inline uint64_t switch_vttbr(const struct space *space)
{
    return (uint64_t)space->vmid << 48 | pointer_paddr(space->root).value;
}
