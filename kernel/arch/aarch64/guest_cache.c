/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * When SCTLR_EL1.M or C of a guest flips, what was written before may lie where it is not looked for after: its RAM is
 * cleaned and invalidated by address. To see that happen, writes of the virtual memory controls trap (HCR_EL2.TVM)
 * from the start of a guest until it has MMU and caches on, and again after maintenance by set and way, which a guest
 * does just before or after it turns them off. That maintenance itself cannot be done for a guest, whose lines are
 * anywhere in caches that it shares: the first of a sweep stands for all of it, and does the same by address.
 * References are to the Arm ARM (DDI 0487).
 */
#include "guest_cache.h"
#include "arch.h"
#include "domain.h"
#include "sysreg.h"
#include "thread.h"
#include "vcpu.h"

#define SCTLR_M                  BIT(0)
#define SCTLR_C                  BIT(2)
#define ENCODING(op1, n, m, op2) ((op1) << 14 | (n) << 10 | (m) << 1 | (op2) << 17)

enum { SECTION = 1 << 30, REGISTER_ZERO = 31 };

/* The registers of HCR_EL2.TVM (D19.2), all with op0 3 and op1 0, by CRn, CRm and op2 */
static const struct {
    uint32_t encoding;
    uint32_t reg; /* enum quoll_vcpu_register */
} controls[] = {
    {ENCODING(0, 1, 0, 0), QUOLL_VCPU_SCTLR_EL1},       {ENCODING(0, 2, 0, 0), QUOLL_VCPU_TTBR0_EL1},
    {ENCODING(0, 2, 0, 1), QUOLL_VCPU_TTBR1_EL1},       {ENCODING(0, 2, 0, 2), QUOLL_VCPU_TCR_EL1},
    {ENCODING(0, 5, 2, 0), QUOLL_VCPU_ESR_EL1},         {ENCODING(0, 6, 0, 0), QUOLL_VCPU_FAR_EL1},
    {ENCODING(0, 5, 1, 0), QUOLL_VCPU_AFSR0_EL1},       {ENCODING(0, 5, 1, 1), QUOLL_VCPU_AFSR1_EL1},
    {ENCODING(0, 10, 2, 0), QUOLL_VCPU_MAIR_EL1},       {ENCODING(0, 10, 3, 0), QUOLL_VCPU_AMAIR_EL1},
    {ENCODING(0, 13, 0, 1), QUOLL_VCPU_CONTEXTIDR_EL1},
};

static void set_traps(struct thread *thread, bool on)
{
    thread->arch.unwatched = !on;
    thread->vcpu->arch.hcr = (thread->vcpu->arch.hcr & ~HCR_TVM) | (on ? HCR_TVM : 0);
}

/* The register that an ISS of a trapped MSR names; QUOLL_VCPU_REGISTER_COUNT: none of the controls. */
static uint32_t control_of(uint64_t syndrome)
{
    uint64_t names = syndrome & (UINT64_C(7) << 14 | UINT64_C(0xf) << 10 | UINT64_C(0xf) << 1 | UINT64_C(7) << 17);

    if ((syndrome & 1) == 0 && (syndrome >> 20 & 3) == 3)
        for (unsigned i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
            if (controls[i].encoding == names)
                return controls[i].reg;
    return QUOLL_VCPU_REGISTER_COUNT;
}

/* DC ISW, CSW, CISW: op0 1, op1 0, CRn 7, CRm 6, 10, 14, op2 2 (C5.3) */
static bool is_set_way(uint64_t syndrome)
{
    uint64_t names = syndrome & (UINT64_C(7) << 14 | UINT64_C(0xf) << 10 | UINT64_C(7) << 17);
    uint64_t m = syndrome >> 1 & 0xf;

    return (syndrome >> 20 & 3) == 1 && names == ENCODING(0, 7, 0, 2) && (m == 6 || m == 10 || m == 14);
}

/* Clean what is mapped at `at`, and answer where the next piece begins: after a page, or after what is not mapped. */
static uint64_t clean_piece(const struct space *space, uint64_t at)
{
    uint64_t entry = space->root[at / SECTION];

    if (entry == 0)
        return (at / SECTION + 1) * SECTION;
    entry = ((const uint64_t *)paddr_pointer(arch_descriptor_address(entry)))[at / BLOCK_SIZE % 512];
    if (entry == 0)
        return (at / BLOCK_SIZE + 1) * BLOCK_SIZE;

    uint64_t offset = at % BLOCK_SIZE;

    if (arch_descriptor_is_table(entry, 2)) {
        entry = ((const uint64_t *)paddr_pointer(arch_descriptor_address(entry)))[at / PAGE_SIZE % 512];
        offset = 0;
    }
    /* Devices have no lines, and the kernel does not map them. */
    if (entry != 0 && (entry & STAGE2_NORMAL) != STAGE2_DEVICE)
        arch_cache_clean_invalidate(paddr(arch_descriptor_address(entry).value + offset), PAGE_SIZE);
    return at + PAGE_SIZE;
}

/* Clean the guest's RAM. False when an interrupt waits: what is done is kept for the next time. */
static bool clean_step(struct thread *thread)
{
    while (thread->arch.cleaned < QUOLL_ADDRESS_LIMIT) {
        thread->arch.cleaned = clean_piece(&thread->domain->space, thread->arch.cleaned);
        if (arch_interrupt_waiting())
            return false;
    }
    thread->arch.cleaned = 0;
    return true;
}

/* The guest is the one that was just running, so HCR_EL2 (D19.2) is its own. */
static void watch(struct thread *thread, bool on)
{
    if (thread->arch.unwatched == !on)
        return;
    set_traps(thread, on);
    SYSREG_WRITE(hcr_el2, thread->vcpu->arch.hcr);
}

static bool set_way(struct thread *thread)
{
    if (thread->arch.unwatched && !clean_step(thread))
        return true;
    watch(thread, true);
    thread->arch.frame->pc += 4;
    return true;
}

bool guest_cache_write(struct thread *thread, uint64_t syndrome)
{
    uint32_t reg = control_of(syndrome);
    unsigned source = syndrome >> 5 & 0x1f;
    uint64_t value = source == REGISTER_ZERO ? 0 : thread->arch.frame->x[source];
    uint64_t sctlr = 0;

    if (is_set_way(syndrome))
        return set_way(thread);
    if (reg == QUOLL_VCPU_REGISTER_COUNT)
        return false;
    (void)arch_vcpu_read(thread->vcpu, QUOLL_VCPU_SCTLR_EL1, &sctlr);
    if (reg == QUOLL_VCPU_SCTLR_EL1) {
        if (((sctlr ^ value) & (SCTLR_M | SCTLR_C)) != 0 && !clean_step(thread))
            return true;
        sctlr = value;
    }
    (void)arch_vcpu_write(thread->vcpu, reg, value);
    thread->arch.frame->pc += 4;
    if ((sctlr & SCTLR_M) != 0 && (sctlr & SCTLR_C) != 0)
        watch(thread, false);
    return true;
}

void guest_cache_reset(struct thread *thread)
{
    set_traps(thread, true);
    thread->arch.cleaned = 0;
}
