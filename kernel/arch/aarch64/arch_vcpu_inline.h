/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * List registers, for kernel/core/virtual_interrupt.c. References are to the GICv3 specification (IHI 0069).
 */
#pragma once

#include "check.h"
#include "sysreg.h"
#include "thread.h"
#include "vcpu.h"

/* ICH_LR<n>_EL2, 12.4 */
#define ICH_LR_PHYSICAL_SHIFT 32
#define ICH_LR_EOI            BIT(41) /* when HW is 0 */
#define ICH_LR_PRIORITY_SHIFT 48
#define ICH_LR_GROUP1         BIT(60)
#define ICH_LR_HW             BIT(61)
#define ICH_LR_PENDING        BIT(62)
#define ICH_LR_ACTIVE         BIT(63)

#define EACH_LIST_REGISTER(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

static inline uint64_t ich_lr_read(unsigned index)
{
    switch (index) {
#define READ(n) \
    case n:     \
        return SYSREG_READ(ich_lr##n##_el2);
        EACH_LIST_REGISTER(READ)
#undef READ
    default:
        return 0;
    }
}

static inline void ich_lr_write(unsigned index, uint64_t value)
{
    switch (index) {
#define WRITE(n)                              \
    case n:                                   \
        SYSREG_WRITE(ich_lr##n##_el2, value); \
        break;
        EACH_LIST_REGISTER(WRITE)
#undef WRITE
    default:
        break;
    }
}

/* ICH_VTR_EL2.ListRegs, 12.4; at most 16 exist */
static inline unsigned arch_list_register_count(void)
{
    return (unsigned)(SYSREG_READ(ich_vtr_el2) & 0xf) + 1;
}

static inline bool vcpu_is_resident(const struct vcpu *vcpu)
{
    return vcpu->thread->core->arch.resident == vcpu;
}

/* It is resident, and its virtual timer has nothing to catch up with. */
static inline bool arch_vcpu_resumes(const struct vcpu *vcpu)
{
    return vcpu_is_resident(vcpu) && !vcpu->interrupts[VIRTUAL_TIMER_INTERRUPT].line;
}

/* `pending` and `active` are right. */
static inline struct list_register arch_list_register_read(struct vcpu *vcpu, unsigned index)
{
    uint64_t value = vcpu_is_resident(vcpu) ? ich_lr_read(index) : vcpu->arch.ich_lr[index];

    return (struct list_register){.pending = (value & ICH_LR_PENDING) != 0, .active = (value & ICH_LR_ACTIVE) != 0};
}

/*
 * Pending once more, if it is neither pending nor active: the guest changes nothing else in it. Of a resident vCPU only
 * for those that every processor meant here has.
 */
static inline bool arch_list_register_again(struct vcpu *vcpu, unsigned index)
{
    uint64_t *saved = &vcpu->arch.ich_lr[index];
    uint64_t value = *saved;

    if (!vcpu_is_resident(vcpu)) {
        if ((value & (ICH_LR_PENDING | ICH_LR_ACTIVE)) != 0)
            return false;
        *saved = value | ICH_LR_PENDING;
        return true;
    }
    switch (index) {
#define AGAIN(n)                                               \
    case n:                                                    \
        value = SYSREG_READ(ich_lr##n##_el2);                  \
        if ((value & (ICH_LR_PENDING | ICH_LR_ACTIVE)) != 0)   \
            return false;                                      \
        *saved = value | ICH_LR_PENDING;                       \
        SYSREG_WRITE(ich_lr##n##_el2, value | ICH_LR_PENDING); \
        return true;
        AGAIN(0)
        AGAIN(1)
        AGAIN(2)
        AGAIN(3)
#undef AGAIN
    default:
        return false;
    }
}

/* All zero: empty. */
static inline void arch_list_register_write(struct vcpu *vcpu, unsigned index, struct list_register value)
{
    uint64_t bits = value.interrupt | (uint64_t)value.priority << ICH_LR_PRIORITY_SHIFT;

    CHECK(index < ICH_LR_MAX && !(value.hardware && value.pending && value.active));
    bits |= value.pending ? ICH_LR_PENDING : 0;
    bits |= value.active ? ICH_LR_ACTIVE : 0;
    bits |= value.group1 ? ICH_LR_GROUP1 : 0;
    bits |= value.hardware ? ICH_LR_HW | (uint64_t)value.interrupt << ICH_LR_PHYSICAL_SHIFT : 0;
    bits |= value.report && !value.hardware ? ICH_LR_EOI : 0;
    vcpu->arch.ich_lr[index] = bits;
    if (vcpu_is_resident(vcpu))
        ich_lr_write(index, bits);
}
