/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtual_timer.h"

#include "arch.h"
#include "arch_vcpu_inline.h"
#include "sysreg.h"
#include "vcpu.h"

/* CNTV_CTL_EL0, Arm ARM D19.12 */
#define CNTV_ENABLE  BIT(0)
#define CNTV_IMASK   BIT(1)
#define CNTV_ISTATUS BIT(2)

/* The redistributor's SGI frame, IHI 0069, 12.11 */
enum { GICR_SGI_FRAME = 0x10000, GICR_ISACTIVER0 = 0x300, GICR_ICACTIVER0 = 0x380 };

static void set_line_active(const struct core *core, bool active)
{
    uint64_t bank = active ? GICR_ISACTIVER0 : GICR_ICACTIVER0;
    volatile uint32_t *reg = paddr_pointer(paddr(core->arch.redistributor + GICR_SGI_FRAME + bank));

    *reg = UINT32_C(1) << VIRTUAL_TIMER_INTERRUPT;
    dsb();
}

void virtual_timer_save(struct vcpu *vcpu)
{
    vcpu->arch.reg[QUOLL_VCPU_CNTV_CTL_EL0] = SYSREG_READ(cntv_ctl_el0) & (CNTV_ENABLE | CNTV_IMASK);
    vcpu->arch.reg[QUOLL_VCPU_CNTV_CVAL_EL0] = SYSREG_READ(cntv_cval_el0);
    SYSREG_WRITE(cntv_ctl_el0, 0);
    isb();
}

void virtual_timer_load(const struct vcpu *vcpu)
{
    SYSREG_WRITE(cntvoff_el2, vcpu->arch.reg[QUOLL_VCPU_CNTVOFF_EL2]);
    SYSREG_WRITE(cntv_cval_el0, vcpu->arch.reg[QUOLL_VCPU_CNTV_CVAL_EL0]);
    isb();
    SYSREG_WRITE(cntv_ctl_el0, vcpu->arch.reg[QUOLL_VCPU_CNTV_CTL_EL0]);
}

void virtual_timer_clear(void)
{
    SYSREG_WRITE(cntv_ctl_el0, 0);
    isb();
    set_line_active(arch_core(), false);
}

/* The condition is (CNTPCT - CNTVOFF) mod 2^64 >= CNTV_CVAL, unsigned. */
static uint64_t ticks_left(const struct vcpu *vcpu, uint64_t now)
{
    uint64_t count = now - vcpu->arch.reg[QUOLL_VCPU_CNTVOFF_EL2];
    uint64_t compare = vcpu->arch.reg[QUOLL_VCPU_CNTV_CVAL_EL0];

    return count >= compare ? 0 : compare - count;
}

static bool may_fire(const struct vcpu *vcpu)
{
    return (vcpu->arch.reg[QUOLL_VCPU_CNTV_CTL_EL0] & (CNTV_ENABLE | CNTV_IMASK)) == CNTV_ENABLE;
}

uint64_t virtual_timer_deadline(const struct vcpu *vcpu)
{
    uint64_t now = arch_counter();
    uint64_t left = ticks_left(vcpu, now);

    return may_fire(vcpu) && left < QUOLL_FOREVER - now ? now + left : QUOLL_FOREVER;
}

bool arch_vcpu_timer_asserted(struct vcpu *vcpu)
{
    if (!vcpu_is_resident(vcpu))
        return may_fire(vcpu) && ticks_left(vcpu, arch_counter()) == 0;
    isb(); /* the condition as it is now, not when the pipeline came by */
    /* no other bits are readable */
    return SYSREG_READ(cntv_ctl_el0) == (CNTV_ENABLE | CNTV_ISTATUS);
}

void arch_vcpu_timer_hold(struct vcpu *vcpu, bool hold)
{
    if (vcpu_is_resident(vcpu))
        set_line_active(arch_core(), hold);
}

uint64_t virtual_timer_read(const struct vcpu *vcpu, unsigned reg)
{
    if (vcpu_is_resident(vcpu) && reg == QUOLL_VCPU_CNTV_CTL_EL0)
        return SYSREG_READ(cntv_ctl_el0);
    if (vcpu_is_resident(vcpu) && reg == QUOLL_VCPU_CNTV_CVAL_EL0)
        return SYSREG_READ(cntv_cval_el0);
    if (reg == QUOLL_VCPU_CNTV_CTL_EL0 && (vcpu->arch.reg[reg] & CNTV_ENABLE) != 0 &&
        ticks_left(vcpu, arch_counter()) == 0)
        return vcpu->arch.reg[reg] | CNTV_ISTATUS;
    return vcpu->arch.reg[reg];
}

void virtual_timer_write(struct vcpu *vcpu, unsigned reg, uint64_t value)
{
    bool resident = vcpu_is_resident(vcpu);

    if (resident)
        virtual_timer_save(vcpu);
    vcpu->arch.reg[reg] = reg == QUOLL_VCPU_CNTV_CTL_EL0 ? value & (CNTV_ENABLE | CNTV_IMASK) : value;
    if (resident)
        virtual_timer_load(vcpu);
    virtual_interrupt_timer_check(vcpu);
    if (!resident)
        vcpu_timer_park(vcpu, virtual_timer_deadline(vcpu));
}
