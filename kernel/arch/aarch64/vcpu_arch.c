/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The world switch. A vCPU's registers are in the CPU in two steps:
 *
 *   saved  --load_resident-->  resident  --enter_crossing-->  entered: the guest runs
 *          <--save_resident--            <--leave_crossing--
 *
 * A resident vCPU keeps its EL1 registers, list registers and timer in the CPU while native threads run, its VMM above
 * all; only those that native code would feel are swapped on every crossing. What EL2 alone can change (VMPIDR_EL2,
 * CNTVOFF_EL2) is always right in vcpu->arch, as are the registers of an AArch32 EL1, which no guest has: they are
 * kept for VMMs that save and restore whatever abi/vcpu_registers.def names. References are to the Arm ARM (DDI 0487).
 */
#include "arch.h"
#include "domain.h"
#include "guest_cache.h"
#include "list_registers.h"
#include "switch.h"
#include "sysreg.h"
#include "thread.h"
#include "vcpu.h"
#include "virtual_timer.h"

/* Pairs are neighbours in abi/vcpu_registers.def and go to memory and back together. */
#define EACH_RESIDENT_PAIR(X) \
    X(ELR_EL1, SPSR_EL1)      \
    X(TTBR0_EL1, TTBR1_EL1)   \
    X(TCR_EL1, ESR_EL1) X(AFSR0_EL1, AFSR1_EL1) X(FAR_EL1, MAIR_EL1) X(AMAIR_EL1, VBAR_EL1) X(PAR_EL1, CSSELR_EL1)
#define EACH_RESIDENT_SINGLE(X) X(SP_EL1) X(CONTEXTIDR_EL1) X(TPIDR_EL1)
#define EACH_RESIDENT(X, X2)    EACH_RESIDENT_PAIR(X2) EACH_RESIDENT_SINGLE(X)

/* What the guest can change; MDSCR_EL1 traps, so that vcpu->arch has it. */
#define EACH_CROSSING(X, X2) X2(SCTLR_EL1, CPACR_EL1) X2(TPIDR_EL0, TPIDRRO_EL0) X(SP_EL0) X(CNTKCTL_EL1)

#define SAVE(name) arch->reg[QUOLL_VCPU_##name] = SYSREG_READ(name);
#define LOAD(name) SYSREG_WRITE(name, arch->reg[QUOLL_VCPU_##name]);
#define PAIR(first, second, code)                                                                               \
    do {                                                                                                        \
        uint64_t a_, b_;                                                                                        \
        static_assert((int)QUOLL_VCPU_##second == (int)QUOLL_VCPU_##first + 1, "");                             \
        __asm__ volatile(code : "=&r"(a_), "=&r"(b_) : "r"(arch->reg), "i"(8 * QUOLL_VCPU_##first) : "memory"); \
    } while (0);
#define SAVE2(first, second) PAIR(first, second, "mrs %0, " #first "\n\tmrs %1, " #second "\n\tstp %0, %1, [%2, %3]")
#define LOAD2(first, second) PAIR(first, second, "ldp %0, %1, [%2, %3]\n\tmsr " #first ", %0\n\tmsr " #second ", %1")

/*
 * Guest mode, HCR_EL2 (D19.2). Interrupts go to EL2 and virtual ones exist (FMO, IMO, AMO); TLB and cache
 * maintenance and barriers reach the inner shareable domain (FB, BSU); WFI, SMC, ID registers, set/way maintenance and
 * what is implementation-defined trap. WFE does not: a guest that spins with it spends its own budget.
 */
static const uint64_t hcr_guest = HCR_VM | HCR_PTW | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU |
                                  HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW;

#define SCTLR_RESET     UINT64_C(0x30d00800) /* res1 bits; MMU and caches off, little-endian (D19.2) */
#define VMPIDR_RES1     BIT(31)
#define VMPIDR_AFFINITY UINT64_C(0xff00ffffff)
#define CNTKCTL_ALL     UINT64_C(0x3ff)
#define CSSELR_ALL      UINT64_C(0xf)
#define MDSCR_ALLOWED   (BIT(0) | BIT(12) | BIT(13) | BIT(15)) /* SS, TDCC, KDE, MDE (D19.3) */

static void save_resident(struct vcpu *vcpu)
{
    struct arch_vcpu *arch = &vcpu->arch;

    EACH_RESIDENT(SAVE, SAVE2)
    list_registers_save(vcpu);
    virtual_timer_save(vcpu);
    vcpu->thread->core->arch.resident = NULL;
    vcpu_timer_park(vcpu, virtual_timer_deadline(vcpu));
}

static void load_resident(struct core *core, struct vcpu *vcpu)
{
    const struct arch_vcpu *arch = &vcpu->arch;
    bool held = virtual_interrupt_timer_held(vcpu); /* by the list registers that were saved */

    EACH_RESIDENT(LOAD, LOAD2)
    SYSREG_WRITE(vmpidr_el2, arch->reg[QUOLL_VCPU_VMPIDR_EL2]);
    core->arch.resident = vcpu;
    list_registers_load(vcpu);
    arch_vcpu_timer_hold(vcpu, held);
    virtual_timer_load(vcpu);
    vcpu_timer_unpark(vcpu);
}

static void leave_crossing(struct vcpu *vcpu)
{
    struct arch_vcpu *arch = &vcpu->arch;

    EACH_CROSSING(SAVE, SAVE2)
}

static void enter_crossing(struct vcpu *vcpu)
{
    struct arch_vcpu *arch = &vcpu->arch;

    EACH_CROSSING(LOAD, LOAD2)
    LOAD(MDSCR_EL1)
    SYSREG_WRITE(cnthctl_el2, CNTHCTL_GUEST);
}

/*
 * vCPUs of one VM share a VMID, but not their translations: an ASID means what the vCPU that used it last meant, and
 * one that starts has its own identity map. What its sibling left in this core's TLB goes (D8.14.5: TLBI VMALLE1, of
 * the current VMID, when TGE is 0).
 */
static void drop_translations_of_siblings(const struct vcpu *vcpu)
{
    const struct list *threads = &vcpu->thread->domain->threads;

    if (threads->next != threads->previous)
        __asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb nsh" ::: "memory");
}

/*
 * From another guest the switch goes through TGE and DC, with which stage 1 is off: no address is translated, not even
 * speculatively, through the tables of one guest under the VMID of the other.
 */
void vcpu_arch_enter(struct core *core, struct vcpu *vcpu)
{
    struct vcpu *resident = core->arch.resident;

    if (core->arch.guest != NULL)
        leave_crossing(core->arch.guest);
    if (resident != vcpu) {
        SYSREG_WRITE(hcr_el2, hcr_guest | HCR_TGE | HCR_DC);
        isb();
        if (resident != NULL)
            save_resident(resident);
        load_resident(core, vcpu);
    }
    if (vcpu->interrupts[VIRTUAL_TIMER_INTERRUPT].line)
        virtual_interrupt_timer_check(vcpu);
    enter_crossing(vcpu);
    SYSREG_WRITE(vttbr_el2, vcpu->thread->arch.vttbr);
    isb();
    SYSREG_WRITE(hcr_el2, vcpu->arch.hcr);
    core->arch.guest = vcpu;
    if (resident != vcpu)
        drop_translations_of_siblings(vcpu);
}

void vcpu_arch_leave(struct core *core)
{
    leave_crossing(core->arch.guest);
}

void vcpu_arch_forget(struct core *core, struct vcpu *vcpu)
{
    if (core->arch.resident != vcpu)
        return;
    list_registers_clear();
    virtual_timer_clear();
    core->arch.resident = NULL;
}

void vcpu_arch_timer_interrupt(struct core *core)
{
    if (core->arch.resident != NULL)
        vcpu_timer_fired(core->arch.resident);
    else
        virtual_timer_clear();
}

void arch_vcpu_init(struct vcpu *vcpu)
{
    vcpu->arch.hcr = hcr_guest;
    vcpu->arch.reg[QUOLL_VCPU_SCTLR_EL1] = SCTLR_RESET;
    vcpu->arch.reg[QUOLL_VCPU_VMPIDR_EL2] = VMPIDR_RES1;
    arch_vcpu_reset(vcpu);
    arch_list_register_underflow(vcpu, false);
}

bool arch_vcpu_resident(const struct vcpu *vcpu)
{
    return vcpu->thread->core->arch.resident == vcpu;
}

void arch_vcpu_frame(struct vcpu *vcpu)
{
    struct arch_thread *arch = &vcpu->thread->arch;

    arch->frame = vcpu->page != NULL ? (struct arch_frame *)(void *)vcpu->page : &arch->registers;
}

bool arch_vcpu_read(struct vcpu *vcpu, unsigned reg, uint64_t *value)
{
    bool resident = arch_vcpu_resident(vcpu);
    bool entered = vcpu->thread->core->arch.guest == vcpu;

    if (reg >= QUOLL_VCPU_REGISTER_COUNT)
        return false;
    *value = vcpu->arch.reg[reg];
    switch (reg) {
#define READ(name)                                      \
    case QUOLL_VCPU_##name:                             \
        *value = resident ? SYSREG_READ(name) : *value; \
        break;
#define READ2(first, second) READ(first) READ(second)
        EACH_RESIDENT(READ, READ2)
#undef READ
#define READ(name)                                     \
    case QUOLL_VCPU_##name:                            \
        *value = entered ? SYSREG_READ(name) : *value; \
        break;
        EACH_CROSSING(READ, READ2)
#undef READ
    case QUOLL_VCPU_CNTV_CTL_EL0:
    case QUOLL_VCPU_CNTV_CVAL_EL0:
        *value = virtual_timer_read(vcpu, reg);
        break;
    default:
        break;
    }
    return true;
}

/* What a register may hold: the guest could write most of them itself, so only what it could not is limited. */
static uint64_t allowed_value(unsigned reg, uint64_t value)
{
    switch (reg) {
    case QUOLL_VCPU_VMPIDR_EL2:
        return (value & VMPIDR_AFFINITY) | VMPIDR_RES1;
    case QUOLL_VCPU_MDSCR_EL1:
        return value & MDSCR_ALLOWED;
    case QUOLL_VCPU_CNTKCTL_EL1:
        return value & CNTKCTL_ALL;
    case QUOLL_VCPU_CSSELR_EL1:
        return value & CSSELR_ALL;
    default:
        return value;
    }
}

bool arch_vcpu_write(struct vcpu *vcpu, unsigned reg, uint64_t value)
{
    bool resident = arch_vcpu_resident(vcpu);
    bool entered = vcpu->thread->core->arch.guest == vcpu;

    if (reg >= QUOLL_VCPU_REGISTER_COUNT)
        return false;
    value = allowed_value(reg, value);
    switch (reg) {
#define WRITE(name)                    \
    case QUOLL_VCPU_##name:            \
        if (resident)                  \
            SYSREG_WRITE(name, value); \
        break;
#define WRITE2(first, second) WRITE(first) WRITE(second)
        EACH_RESIDENT(WRITE, WRITE2)
        WRITE(VMPIDR_EL2)
#undef WRITE
#define WRITE(name)                    \
    case QUOLL_VCPU_##name:            \
        if (entered)                   \
            SYSREG_WRITE(name, value); \
        break;
        EACH_CROSSING(WRITE, WRITE2)
        WRITE(MDSCR_EL1)
#undef WRITE
    case QUOLL_VCPU_CNTV_CTL_EL0:
    case QUOLL_VCPU_CNTV_CVAL_EL0:
    case QUOLL_VCPU_CNTVOFF_EL2:
        virtual_timer_write(vcpu, reg, value);
        return true;
    default:
        break;
    }
    vcpu->arch.reg[reg] = value;
    return true;
}

/* ESR_EL2.ISS of a data abort (D19.2): ISV, SAS, SSE, SRT, SF, WnR; and ESR_EL2.IL. */
bool arch_vcpu_access(const struct vcpu *vcpu, uint64_t syndrome, struct vcpu_access *access)
{
    /* Moving pc on would have to move ITSTATE on as well. */
    bool aarch32 = (vcpu->thread->arch.frame->pstate & BIT(4)) != 0;

    *access = (struct vcpu_access){
        .write = (syndrome & BIT(6)) != 0,
        .size = (uint8_t)(1u << (syndrome >> 22 & 3)),
        .reg = (uint8_t)(syndrome >> 16 & 0x1f),
        .sign = (syndrome & BIT(21)) != 0,
        .wide = (syndrome & BIT(15)) != 0,
        .length = (syndrome & BIT(25)) != 0 ? 4 : 2,
    };
    return (syndrome & BIT(24)) != 0 && !aarch32;
}

void arch_vcpu_complete(struct vcpu *vcpu, const struct vcpu_access *access, uint64_t value)
{
    struct arch_frame *frame = vcpu->thread->arch.frame;

    if (!access->write && access->reg < 31) {
        unsigned unused = 64 - 8u * access->size;

        value = access->sign ? (uint64_t)((int64_t)(value << unused) >> unused) : value << unused >> unused;
        frame->x[access->reg] = access->wide ? value : (uint32_t)value;
    }
    frame->pc += access->length;
}
