/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Caches by address and TLBs by VMID. References are to the Arm ARM (DDI 0487). Set/way maintenance is never used.
 */
#include "arch.h"
#include "sysreg.h"

/* The root of a VMID whose TLB entries are being removed, where nobody's tables shall be walked. */
__attribute__((aligned(4096), section(".tables"))) static uint64_t empty_table[512];

/* CTR_EL0.DminLine, D19.2: log2 of the words of the smallest line. */
static uint64_t line_size(void)
{
    return UINT64_C(4) << (SYSREG_READ(ctr_el0) >> 16 & 0xf);
}

/* DC CIVAC, C5.3. Clean alone would do in places, but errata of A53 (819472, 824069, 827319) make it invalidate. */
static void clean_line(uint64_t at)
{
    __asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
}

/* Four lines a round: a guest's whole RAM is cleaned when it turns its caches on. */
void arch_cache_clean_invalidate(paddr_t base, uint64_t size)
{
    uint64_t line = line_size();
    uint64_t end = base.value + size;
    uint64_t at = base.value & ~(line - 1);

    dsb();
    for (; at + 4 * line <= end; at += 4 * line) {
        clean_line(at);
        clean_line(at + line);
        clean_line(at + 2 * line);
        clean_line(at + 3 * line);
    }
    for (; at < end; at += line)
        clean_line(at);
    dsb();
}

/* DC ZVA, C5.3, works on 64 bytes and is allowed (DCZID_EL0, D19.2), as on all of A53, A57, A72. */
static bool zva_64(void)
{
    return (SYSREG_READ(dczid_el0) & 0x1f) == 4;
}

static void clear_four(uint64_t at)
{
    __asm__ volatile("dc zva, %0\n\tadd %0, %0, #64\n\tdc zva, %0\n\tadd %0, %0, #64\n\t"
                     "dc zva, %0\n\tadd %0, %0, #64\n\tdc zva, %0"
                     : "+r"(at)
                     :
                     : "memory");
}

void arch_clear(void *block, uint64_t size)
{
    uint64_t at = (uintptr_t)block;
    uint64_t end = at + size;

    if (!zva_64()) {
        for (; at != end; at += 16)
            __asm__ volatile("stp xzr, xzr, [%0]" ::"r"(at) : "memory");
        return;
    }
    for (; end - at >= 256; at += 256)
        clear_four(at);
    for (; at != end; at += 64)
        __asm__ volatile("dc zva, %0" ::"r"(at) : "memory");
}

/* Both of a line in one go: DC CIVAC is ordered behind DC ZVA to the same line (D7.5.9). */
static void zero_line(uint64_t at)
{
    __asm__ volatile("dc zva, %0\n\tdc civac, %0" ::"r"(at) : "memory");
}

void arch_memory_zero(paddr_t base, uint64_t size)
{
    uint64_t line = line_size();
    uint64_t end = base.value + size;

    if (zva_64() && line == 64) {
        for (uint64_t at = base.value; at < end; at += 4 * line) {
            zero_line(at);
            zero_line(at + line);
            zero_line(at + 2 * line);
            zero_line(at + 3 * line);
        }
        dsb();
        return;
    }
    for (uint64_t at = base.value; at < end; at += 16)
        __asm__ volatile("stp xzr, xzr, [%0]" ::"r"(at) : "memory");
    arch_cache_clean_invalidate(base, size);
}

/*
 * TLB maintenance acts on the VMID in VTTBR_EL2 (D8.14.5), so another VMID is borrowed for it, with an empty table:
 * nothing can be cached under either VMID from the other's table. HCR_EL2 stays: what it is in does not matter, for no
 * stage 1 walk can end in an empty stage 2.
 */
static uint64_t borrow_vmid(unsigned vmid)
{
    uint64_t old = SYSREG_READ(vttbr_el2); /* D19.2 */

    dsb();
    if (old >> 48 != vmid) {
        SYSREG_WRITE(vttbr_el2, (uint64_t)vmid << 48 | (uintptr_t)empty_table);
        isb();
    }
    return old;
}

static void return_vmid(uint64_t old)
{
    SYSREG_WRITE(vttbr_el2, old);
    isb();
}

/*
 * IC IALLUIS, C5.3. What was executable may lie in a VIPT instruction cache (CTR_EL0.L1Ip, A53) under an address that
 * nobody who loads new code there knows, so it is dropped when its mapping goes. Completed by the DSB that follows.
 */
static void drop_instructions(void)
{
    __asm__ volatile("ic ialluis" ::: "memory");
}

/* TLBI IPAS2E1IS, C5.5, then TLBI VMALLE1IS, C5.5, for entries that combine both stages: D8.14.5 asks for both. */
void arch_tlb_flush_pages(unsigned vmid, ipa_t first, uint64_t size, uint64_t stride)
{
    uint64_t old = borrow_vmid(vmid);

    for (uint64_t at = first.value; at < first.value + size; at += stride)
        __asm__ volatile("tlbi ipas2e1is, %0" ::"r"(at >> 12) : "memory");
    drop_instructions();
    __asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
    return_vmid(old);
}

/* TLBI VMALLS12E1IS, C5.5 */
void arch_tlb_flush_space(unsigned vmid)
{
    uint64_t old = borrow_vmid(vmid);

    drop_instructions();
    __asm__ volatile("tlbi vmalls12e1is\n\tdsb ish\n\tisb" ::: "memory");
    return_vmid(old);
}
