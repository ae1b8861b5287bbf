/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From one thread to the next (switch.h). Nothing that a guest leaves in an EL1 register reaches native code: every
 * register of native mode that EL0 feels is written on the way in. References are to the Arm ARM (DDI 0487).
 */
#include "switch.h"
#include "arch.h"
#include "check.h"
#include "counters.h"
#include "domain.h"
#include "fp.h"
#include "sysreg.h"
#include "thread.h"
#include "vcpu.h"

/*
 * Native mode. TGE without VHE: EL0's exceptions go to EL2 and stage 1 counts as off (D19.2); DC makes what EL0
 * touches Normal write-back, which stage 2 then restricts. WFI and WFE of EL0 are not trapped: physical interrupts
 * end them, and the time they take is the thread's own.
 */
static const uint64_t hcr_native = HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_DC | HCR_TSC | HCR_TIDCP |
                                   HCR_TACR | HCR_TSW | HCR_TGE | HCR_RW;

/*
 * SCTLR_EL1, D19.2, as EL0 feels it: res1 bits; little-endian (E0E), no alignment check, UCI, UCT and DZE (cache
 * maintenance by address, CTR_EL0, DC ZVA), nTWI and nTWE, SA0, I and C.
 */
static const uint64_t sctlr_native =
    UINT64_C(0x30d00800) | BIT(26) | BIT(18) | BIT(16) | BIT(15) | BIT(14) | BIT(12) | BIT(4) | BIT(2);

static const uint64_t cpacr_native = UINT64_C(3) << 20;         /* CPACR_EL1, D19.2: FPEN; CPTR_EL2 has the last word */
static const uint64_t cntkctl_native = BIT(0) | COUNTERS_TIMER; /* CNTKCTL_EL1, D19.12: EL0PCTEN, no event stream */

/*
 * What is the same in both modes. MDCR_EL2 (D19.3): debug, OS lock, trace and performance monitors trap; debug
 * exceptions are the guest's own in guest mode, and EL2's in native mode, where TGE counts as TDE.
 */
static void init_common(struct core *core)
{
    SYSREG_WRITE(mdcr_el2, (SYSREG_READ(pmcr_el0) >> 11 & 0x1f) | COUNTERS_TRAPS | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA |
                               MDCR_TPMS | MDCR_TTRF);
    SYSREG_WRITE(hstr_el2, 0);                      /* D19.2 */
    SYSREG_WRITE(pmuserenr_el0, COUNTERS_EL0);      /* D19.5; MDCR_EL2.TPM keeps guests from changing it */
    SYSREG_WRITE(vpidr_el2, SYSREG_READ(midr_el1)); /* D19.2 */
    if ((SYSREG_READ(id_aa64pfr0_el1) & 0xf) == 2)  /* D19.2: EL0 has AArch32 */
        core->arch.guest_modes |= 1U << SPSR_USER32;
}

/*
 * Registers of native mode that hold whatever the thread; order of the first two: errata 1319537 (A57, A72). The
 * exception return synchronizes the rest, for which EL2 has no use. MDSCR_EL1 (D19.3) without SS, KDE, MDE; the debug
 * channel traps in any case.
 */
static void enter_native(struct core *core, uint64_t vttbr)
{
    SYSREG_WRITE(hcr_el2, hcr_native);
    isb();
    SYSREG_WRITE(vttbr_el2, vttbr);
    SYSREG_WRITE(sctlr_el1, sctlr_native);
    SYSREG_WRITE(cpacr_el1, cpacr_native);
    SYSREG_WRITE(cntkctl_el1, cntkctl_native);
    SYSREG_WRITE(mdscr_el1, 0);
    SYSREG_WRITE(tpidrro_el0, 0); /* D19.2 */
    SYSREG_WRITE(cnthctl_el2, CNTHCTL_NATIVE);
    core->arch.guest = NULL;
}

enum { STATE_AT = offsetof(struct thread, state) }; /* the condition's least significant byte */

/* What assembly compares and writes (fast.S, fast_guest.S). */
static void init_constants(struct core *core)
{
    core->arch.callable = thread_plain(core, THREAD_WAITING);
    core->arch.callable_shifted = core->arch.callable << 1;
    core->arch.answerable = thread_plain(core, THREAD_CALLING);
    core->arch.answerable_exit = core->arch.answerable |
                                 (uint64_t)CALL_EXIT << 8 * (offsetof(struct thread, call_kind) - STATE_AT) |
                                 (uint64_t) true << 8 * (offsetof(struct thread, is_vcpu) - STATE_AT);
    core->arch.hcr_native = hcr_native;
    core->arch.sctlr_native = sctlr_native;
    core->arch.cpacr_native = cpacr_native;
    core->arch.cntkctl_native = cntkctl_native;
    core->arch.cptr_closed = CPTR_CLOSED;
    core->arch.cptr_open = CPTR_OPEN;
    core->arch.guest_modes = 1U << SPSR_EL0T | 1U << SPSR_EL1T | 1U << SPSR_EL1H;
}

void switch_init(struct core *core)
{
    /*
     * VTCR_EL2, D19.2: 39-bit addresses (T0SZ 25), start level 1 (SL0 1), 4 KiB granule, walks inner shareable and
     * write-back, PS 40 bits, which every core meant here has, 8-bit VMIDs; bit 31 is res1.
     */
    SYSREG_WRITE(vtcr_el2, BIT(31) | UINT64_C(2) << 16 | UINT64_C(3) << 12 | UINT64_C(1) << 10 | UINT64_C(1) << 8 |
                               UINT64_C(1) << 6 | 25);
    init_constants(core);
    init_common(core);
    counters_init();
    enter_native(core, 0);
    isb();
}

/* The native thread whose SP_EL0 and TPIDR_EL0 are in the CPU gets them back. */
static void save_native(const struct core *core)
{
    struct thread *thread = core->arch.loaded;

    if (thread == NULL)
        return;
    thread->arch.sp = SYSREG_READ(sp_el0);
    thread->arch.tpidr = SYSREG_READ(tpidr_el0);
}

static void switch_native(struct core *core, struct thread *thread)
{
    uint64_t vttbr = thread->arch.vttbr;

    if (core->arch.guest == NULL) {
        save_native(core);
        SYSREG_WRITE(vttbr_el2, vttbr);
    } else {
        vcpu_arch_leave(core);
        enter_native(core, vttbr);
    }
    SYSREG_WRITE(sp_el0, thread->arch.sp);
    SYSREG_WRITE(tpidr_el0, thread->arch.tpidr);
}

static void switch_guest(struct core *core, struct thread *thread)
{
    if (core->arch.guest == NULL)
        save_native(core);
    vcpu_arch_enter(core, thread->vcpu);
}

/* An SError that what ran until now caused belongs to it, not to whom comes next. */
static void drain(struct core *core)
{
    vector_drain();
    if (!core->arch.imprecise)
        return;
    core->arch.imprecise = false;
    if (core->arch.loaded == NULL)
        panic(__FILE__, __LINE__, "SError of a thread that is gone, or of the kernel");
    core->arch.loaded->imprecise = true;
    core->arch.loaded->arch.imprecise_syndrome = core->arch.imprecise_syndrome;
}

/* What may go into SPSR_EL2 (C5.2), whatever the frame says. A mode that is not allowed becomes EL1h. */
static uint64_t sane_pstate(const struct core *core, const struct thread *thread, uint64_t pstate)
{
    if (thread->vcpu == NULL)
        return pstate & SPSR_NZCV;
    pstate &= UINT64_C(0xffffffff) & ~(SPSR_SS | SPSR_IL);
    return (core->arch.guest_modes >> (pstate & SPSR_M_MASK) & 1) != 0 ? pstate : (pstate & ~SPSR_M_MASK) | SPSR_EL1H;
}

struct arch_frame *switch_to(struct core *core, struct thread *thread)
{
    struct arch_frame *frame = thread->arch.frame;

    if (core->arch.loaded != thread) {
        drain(core);
        if (thread->vcpu == NULL)
            switch_native(core, thread);
        else
            switch_guest(core, thread);
        core->arch.loaded = thread;
        fp_guard(core, thread);
    }
    core->arch.frame = frame;

    /* D1.3.4; the frame of a vCPU is memory of its VMM: each field is read once. */
    uint64_t pstate = *(volatile uint64_t *)&frame->pstate;
    uint64_t pc = *(volatile uint64_t *)&frame->pc;

    SYSREG_WRITE(elr_el2, pc);
    SYSREG_WRITE(spsr_el2, sane_pstate(core, thread, pstate));
    return frame;
}

void arch_thread_init(struct thread *thread)
{
    thread->arch.frame = &thread->arch.registers;
    thread->arch.vttbr = switch_vttbr(&thread->domain->space);
}

/* Of a native thread; a vCPU starts with what its VMM put into the state page (arch_vcpu_reset). */
void arch_thread_start(struct thread *thread, uint64_t pc, uint64_t stack, uint64_t argument)
{
    thread->arch.registers = (struct arch_frame){.x = {argument}, .pc = pc};
    thread->arch.sp = stack;
    thread->arch.tpidr = 0;
    thread->arch.fp = (struct arch_fp){0};
    if (thread->core->arch.fp_owner == thread)
        thread->core->arch.fp_owner = NULL; /* its first use loads the zeroes */
    if (thread->core->arch.loaded == thread) {
        SYSREG_WRITE(sp_el0, stack);
        SYSREG_WRITE(tpidr_el0, 0);
    }
}

void arch_thread_restart_call(struct thread *thread)
{
    thread->arch.frame->pc -= 4;
}

uint64_t arch_thread_register(const struct thread *thread, unsigned index)
{
    bool loaded = thread->core->arch.loaded == thread && thread->core->arch.guest == NULL;

    switch (index) {
    case QUOLL_REGISTER_SP:
        return loaded ? SYSREG_READ(sp_el0) : thread->arch.sp;
    case QUOLL_REGISTER_PC:
        return thread->arch.frame->pc;
    case QUOLL_REGISTER_PSTATE:
        return thread->arch.frame->pstate;
    case QUOLL_REGISTER_TPIDR:
        return loaded ? SYSREG_READ(tpidr_el0) : thread->arch.tpidr;
    default:
        return index < 31 ? thread->arch.frame->x[index] : 0;
    }
}

void arch_thread_forget(struct thread *thread)
{
    struct core *core = thread->core;

    if (core->arch.fp_owner == thread)
        core->arch.fp_owner = NULL;
    if (core->arch.loaded == thread) {
        vector_drain();
        core->arch.imprecise = false; /* nobody is left to be told */
        core->arch.loaded = NULL;
    }
    if (core->arch.frame == thread->arch.frame)
        core->arch.frame = NULL;
    if (thread->vcpu != NULL && core->arch.resident == thread->vcpu)
        vcpu_arch_forget(core, thread->vcpu);
    if (thread->vcpu != NULL && core->arch.guest == thread->vcpu)
        enter_native(core, 0);
}
