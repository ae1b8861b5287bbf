/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * System registers by name, and the bits of them that more than one file needs. Sections are of the Arm ARM
 * (DDI 0487) and, for ICC_ and ICH_, of the GICv3 specification (IHI 0069).
 */
#pragma once

#include <stdint.h>

#define SYSREG_READ(name)                                                   \
    ({                                                                      \
        uint64_t sysreg_value_;                                             \
        __asm__ volatile("mrs %0, " #name : "=r"(sysreg_value_)::"memory"); \
        sysreg_value_;                                                      \
    })
#define SYSREG_WRITE(name, value) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

static inline void isb(void)
{
    __asm__ volatile("isb" ::: "memory");
}

static inline void dsb(void)
{
    __asm__ volatile("dsb sy" ::: "memory");
}

#define BIT(n) (UINT64_C(1) << (n))

/* HCR_EL2, D19.2 */
#define HCR_VM    BIT(0) /* stage 2 on */
#define HCR_PTW   BIT(2) /* a guest's table walk through device memory is a permission fault */
#define HCR_SWIO  BIT(1) /* DC ISW does DC CISW */
#define HCR_FMO   BIT(3) /* FIQ, IRQ and SError to EL2 */
#define HCR_IMO   BIT(4)
#define HCR_AMO   BIT(5)
#define HCR_FB    BIT(9)  /* TLB and I-cache maintenance of EL1 is broadcast */
#define HCR_BSU   BIT(10) /* barriers reach the inner shareable domain at least */
#define HCR_DC    BIT(12) /* default cacheable: with stage 1 off, memory is Normal write-back */
#define HCR_TWI   BIT(13) /* trap WFI */
#define HCR_TWE   BIT(14)
#define HCR_TID3  BIT(18) /* trap reads of ID group 3 */
#define HCR_TSC   BIT(19) /* trap SMC */
#define HCR_TIDCP BIT(20) /* trap implementation-defined registers */
#define HCR_TACR  BIT(21) /* trap ACTLR_EL1 */
#define HCR_TSW   BIT(22) /* trap cache maintenance by set and way */
#define HCR_TVM   BIT(26) /* trap writes of virtual memory controls */
#define HCR_TGE   BIT(27) /* EL0 is without an EL1: its exceptions go to EL2 */
#define HCR_RW    BIT(31) /* EL1 is AArch64 */

/* CPTR_EL2, D19.2 (E2H is 0) */
#define CPTR_RES1   UINT64_C(0x33ff) /* TZ and TSM, bits 8 and 12, trap SVE and SME: never enabled here */
#define CPTR_TFP    BIT(10)          /* trap FP and SIMD */
#define CPTR_TTA    BIT(20)          /* trap trace registers */
#define CPTR_TAM    BIT(30)          /* trap activity monitors; RES0 where there are none */
#define CPTR_OPEN   (CPTR_RES1 | CPTR_TTA)
#define CPTR_CLOSED (CPTR_OPEN | CPTR_TFP)

/* MDCR_EL2, D19.3: HPMN is PMCR_EL0.N */
#define MDCR_TPMCR BIT(5)
#define MDCR_TPM   BIT(6)
#define MDCR_TDA   BIT(9)
#define MDCR_TDOSA BIT(10)
#define MDCR_TDRA  BIT(11)
#define MDCR_TPMS  BIT(14)
#define MDCR_TTRF  BIT(19)

/* CNTHCTL_EL2, D19.12 (E2H is 0) */
#define CNTHCTL_EL1PCTEN BIT(0) /* EL1 and EL0 may read the physical counter */
#define CNTHCTL_EL1PCEN  BIT(1) /* ... and use the physical timer */
/*
 * Native mode. EL1PCEN is not needed for the counter, but QEMU 7.2 asks it for EL0's reads of that too; the timer is
 * refused by CNTKCTL_EL1.EL0PTEN.
 */
#define CNTHCTL_NATIVE   (CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN)
#define CNTHCTL_GUEST    CNTHCTL_EL1PCTEN

/* SPSR_EL2, C5.2 */
#define SPSR_M_MASK UINT64_C(0x1f)
#define SPSR_EL0T   UINT64_C(0x00)
#define SPSR_EL1T   UINT64_C(0x04)
#define SPSR_EL1H   UINT64_C(0x05)
#define SPSR_USER32 UINT64_C(0x10)
#define SPSR_IL     BIT(20)
#define SPSR_SS     BIT(21)
#define SPSR_NZCV   (UINT64_C(0xf) << 28)
