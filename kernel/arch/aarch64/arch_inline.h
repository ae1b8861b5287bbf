/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The small things of the architecture that kernel/core uses in its inner loops (kernel/core/arch.h).
 */
#pragma once

#include "abi/calls.h"
#include "trace.h"
#include "types.h"

struct core;

/* TPIDR_EL2, D19.2: software's own; start.c puts the core there. */
static inline struct core *arch_core(void)
{
    struct core *core = NULL;

    __asm__("mrs %0, tpidr_el2" : "=r"(core));
    return core;
}

/* CNTPCT_EL0, D19.12; the ISB keeps the read from being done early (D12.1.2). */
static inline uint64_t arch_counter(void)
{
    uint64_t value = 0;

    __asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(value)::"memory");
    return value;
}

/* CNTHP_CVAL_EL2, D19.12; the timer is always enabled, and the exception return synchronises. */
static inline void arch_timer_set_near(uint64_t deadline)
{
    __asm__ volatile("msr cnthp_cval_el2, %0" ::"r"(deadline) : "memory");
}

/* Not earlier than the exception was taken, which synchronises as an ISB does. */
static inline uint64_t arch_counter_entered(void)
{
    uint64_t value = 0;

    __asm__ volatile("mrs %0, cntpct_el0" : "=r"(value)::"memory");
    return value;
}

static inline bool arch_fault(void)
{
    return false;
}

/* ISR_EL1.I, D19.2: at EL2 a physical IRQ is pending, masked or not. */
static inline bool arch_interrupt_waiting(void)
{
    uint64_t value = 0;

    trace_poll();
    __asm__ volatile("mrs %0, isr_el1" : "=r"(value));
    return (value & (1U << 7)) != 0;
}

/* CSDB, C6.2: the select before it is not predicted past it, so no load behind it uses an index out of range. */
static inline uint64_t arch_index_nospec(uint64_t index, uint64_t limit)
{
    uint64_t result = 0;

    __asm__ volatile("cmp %1, %2\n\tcsel %0, %1, xzr, lo\n\tcsdb" : "=r"(result) : "r"(index), "r"(limit) : "cc");
    return result;
}

/* Stage-2 descriptors, D8.3; memory attributes D8.5.5 (HCR_EL2.FWB is 0), access permissions D8.4.2. */
#define STAGE2_TABLE       UINT64_C(3)
#define STAGE2_PAGE        UINT64_C(3)
#define STAGE2_BLOCK       UINT64_C(1)
#define STAGE2_NORMAL      (UINT64_C(0xf) << 2) /* MemAttr: Normal, inner and outer write-back */
#define STAGE2_UNCACHED    (UINT64_C(0x5) << 2) /* Normal, inner and outer non-cacheable */
#define STAGE2_DEVICE      (UINT64_C(0x1) << 2) /* Device-nGnRE */
#define STAGE2_READ        (UINT64_C(1) << 6)   /* S2AP[0] */
#define STAGE2_WRITE       (UINT64_C(1) << 7)   /* S2AP[1] */
#define STAGE2_INNER       (UINT64_C(3) << 8)   /* SH: inner shareable */
#define STAGE2_ACCESS_FLAG (UINT64_C(1) << 10)
#define STAGE2_XN          (UINT64_C(2) << 53) /* XN[1:0]: at neither EL1 nor EL0 */
#define STAGE2_ADDRESS     UINT64_C(0x0000fffffffff000)

static inline uint64_t arch_descriptor_table(paddr_t table)
{
    return table.value | STAGE2_TABLE;
}

static inline uint64_t stage2_attributes(uint64_t attributes, bool device)
{
    uint64_t bits = STAGE2_ACCESS_FLAG | STAGE2_INNER;

    bits |= device ? STAGE2_DEVICE : (attributes & QUOLL_MAP_UNCACHED) != 0 ? STAGE2_UNCACHED : STAGE2_NORMAL;
    bits |= (attributes & QUOLL_MAP_READ) != 0 ? STAGE2_READ : 0;
    bits |= (attributes & QUOLL_MAP_WRITE) != 0 ? STAGE2_WRITE : 0;
    bits |= device || (attributes & QUOLL_MAP_EXECUTE) == 0 ? STAGE2_XN : 0;
    return bits;
}

static inline uint64_t arch_descriptor_page(paddr_t page, uint64_t attributes, bool device)
{
    return page.value | stage2_attributes(attributes, device) | STAGE2_PAGE;
}

static inline uint64_t arch_descriptor_block(paddr_t block, uint64_t attributes, bool device)
{
    return block.value | stage2_attributes(attributes, device) | STAGE2_BLOCK;
}

static inline bool arch_descriptor_is_table(uint64_t descriptor, unsigned level)
{
    return level < 3 && (descriptor & 3) == STAGE2_TABLE;
}

static inline paddr_t arch_descriptor_address(uint64_t descriptor)
{
    return paddr(descriptor & STAGE2_ADDRESS);
}

/* DSB, B2.3.12: what was written to tables is complete, and observed by the walkers of all cores, before what follows.
 */
static inline void arch_barrier_table(void)
{
    __asm__ volatile("dsb ishst" ::: "memory");
}

/* VTCR_EL2.VS is 0: 8 bits (D8.14.4), so that all cores are alike. */
static inline unsigned arch_vmid_count(void)
{
    return 256;
}
