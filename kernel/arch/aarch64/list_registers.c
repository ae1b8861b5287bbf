/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "list_registers.h"

#include "arch.h"
#include "arch_vcpu_inline.h"
#include "guest_cache.h"
#include "sysreg.h"
#include "vcpu.h"

/* ICH_HCR_EL2, 12.4 */
#define ICH_HCR_EN   BIT(0)
#define ICH_HCR_UIE  BIT(1) /* at most one list register is in use */
#define ICH_HCR_NPIE BIT(3) /* no list register is pending */

/* ICH_VMCR_EL2, 12.4, as after reset: both groups off, all priorities masked, both binary points at 0. */
#define ICH_VMCR_RESET UINT64_C(0)

/* Active priorities registers of each group: one for 5 bits of preemption, two for 6, four for 7. */
static unsigned active_priorities_count(void)
{
    return 1u << (((SYSREG_READ(ich_vtr_el2) >> 26) & 7) - 4);
}

/* X(n) for the active priorities registers that exist. */
#define EACH_ACTIVE_PRIORITIES(X)                    \
    do {                                             \
        unsigned count_ = active_priorities_count(); \
        X(0)                                         \
        if (count_ > 1) {                            \
            X(1)                                     \
        }                                            \
        if (count_ > 2) {                            \
            X(2)                                     \
            X(3)                                     \
        }                                            \
    } while (0)

/*
 * Every processor meant here has four list registers or more; with fewer, those that do not exist are left alone, one
 * at a time.
 */
enum { LIST_REGISTERS_USUAL = 4 };

/* ich_lr_write, where it is short that counts. */
static __attribute__((noinline)) void write_any(unsigned index, uint64_t value)
{
    ich_lr_write(index, value);
}

void list_registers_save(struct vcpu *vcpu)
{
    struct arch_vcpu *arch = &vcpu->arch;
    unsigned count = arch_list_register_count();
    unsigned done = 0;

    /* ich_lr is what the guest made of it from now on: guest_interrupt must not write that again. */
    vcpu->timer_listed = 0;
    arch->ich_vmcr = SYSREG_READ(ich_vmcr_el2);
#define SAVE(n)                                         \
    arch->ich_ap0r[n] = SYSREG_READ(ich_ap0r##n##_el2); \
    arch->ich_ap1r[n] = SYSREG_READ(ich_ap1r##n##_el2);
    EACH_ACTIVE_PRIORITIES(SAVE);
#undef SAVE
    if (count >= LIST_REGISTERS_USUAL) {
        arch->ich_lr[0] = SYSREG_READ(ich_lr0_el2);
        arch->ich_lr[1] = SYSREG_READ(ich_lr1_el2);
        arch->ich_lr[2] = SYSREG_READ(ich_lr2_el2);
        arch->ich_lr[3] = SYSREG_READ(ich_lr3_el2);
        done = LIST_REGISTERS_USUAL;
    }
    for (unsigned i = done; i < count; i++)
        arch->ich_lr[i] = ich_lr_read(i);
}

void list_registers_load(const struct vcpu *vcpu)
{
    const struct arch_vcpu *arch = &vcpu->arch;
    unsigned count = arch_list_register_count();
    unsigned done = 0;

    if (count >= LIST_REGISTERS_USUAL) {
        SYSREG_WRITE(ich_lr0_el2, arch->ich_lr[0]);
        SYSREG_WRITE(ich_lr1_el2, arch->ich_lr[1]);
        SYSREG_WRITE(ich_lr2_el2, arch->ich_lr[2]);
        SYSREG_WRITE(ich_lr3_el2, arch->ich_lr[3]);
        done = LIST_REGISTERS_USUAL;
    }
    for (unsigned i = done; i < count; i++)
        write_any(i, arch->ich_lr[i]);
#define LOAD(n)                                         \
    SYSREG_WRITE(ich_ap0r##n##_el2, arch->ich_ap0r[n]); \
    SYSREG_WRITE(ich_ap1r##n##_el2, arch->ich_ap1r[n]);
    EACH_ACTIVE_PRIORITIES(LOAD);
#undef LOAD
    SYSREG_WRITE(ich_vmcr_el2, arch->ich_vmcr);
    SYSREG_WRITE(ich_hcr_el2, arch->ich_hcr);
}

void list_registers_clear(void)
{
    unsigned count = arch_list_register_count();

    SYSREG_WRITE(ich_hcr_el2, 0);
    for (unsigned i = 0; i < count; i++)
        write_any(i, 0);
}

void arch_vcpu_reset(struct vcpu *vcpu)
{
    struct arch_vcpu *arch = &vcpu->arch;

    guest_cache_reset(vcpu->thread);
    arch->ich_vmcr = ICH_VMCR_RESET;
    for (unsigned i = 0; i < ICH_APR_MAX; i++)
        arch->ich_ap0r[i] = arch->ich_ap1r[i] = 0;
    if (!arch_vcpu_resident(vcpu))
        return;
#define CLEAR(n)                        \
    SYSREG_WRITE(ich_ap0r##n##_el2, 0); \
    SYSREG_WRITE(ich_ap1r##n##_el2, 0);
    EACH_ACTIVE_PRIORITIES(CLEAR);
#undef CLEAR
    SYSREG_WRITE(ich_vmcr_el2, ICH_VMCR_RESET);
}

/*
 * A condition that holds already would interrupt again and again, native threads as well: then none is asked for, and
 * the waiting are looked at with the next exit. It cannot hold by what is said below; a guest shall not try.
 */
static void silence(struct vcpu *vcpu)
{
    isb();
    if ((SYSREG_READ(ich_misr_el2) & (ICH_HCR_UIE | ICH_HCR_NPIE)) == 0) /* same bits in both */
        return;
    vcpu->arch.ich_hcr = ICH_HCR_EN;
    SYSREG_WRITE(ich_hcr_el2, ICH_HCR_EN);
}

/*
 * While something waits, every list register is taken. "None pending" alone would never end when all of them are
 * active (or active and pending, which does not count), "at most one in use" alone would come late when two stay
 * active.
 */
void arch_list_register_underflow(struct vcpu *vcpu, bool enable)
{
    uint64_t hcr = ICH_HCR_EN;
    bool resident = arch_vcpu_resident(vcpu);

    if (enable) {
        unsigned count = arch_list_register_count();

        hcr |= ICH_HCR_UIE;
        for (unsigned i = 0; i < count && (hcr & ICH_HCR_NPIE) == 0; i++) {
            uint64_t value = resident ? ich_lr_read(i) : vcpu->arch.ich_lr[i];

            hcr |= value >> 62 == ICH_LR_PENDING >> 62 ? ICH_HCR_NPIE : 0;
        }
    }
    if (vcpu->arch.ich_hcr != hcr && resident)
        SYSREG_WRITE(ich_hcr_el2, hcr);
    vcpu->arch.ich_hcr = hcr;
    if (enable && resident)
        silence(vcpu);
}
