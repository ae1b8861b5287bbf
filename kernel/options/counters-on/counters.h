/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Performance counters are open to EL0 and to guests, and PMCCNTR_EL0 counts at EL2 as well: to measure the kernel from
 * outside. So is the EL1 physical timer for EL0, as the one source of interrupts whose moment can be chosen. References
 * are to the Arm ARM (DDI 0487).
 */
#pragma once

#include "abi/trace.h"
#include "sysreg.h"

#define COUNTERS_TRAPS UINT64_C(0)
#define COUNTERS_EL0   UINT64_C(0xf) /* PMUSERENR_EL0, D19.5: EN, SW, CR, ER */
#define COUNTERS_TIMER BIT(9)        /* CNTKCTL_EL1, D19.12: EL0PTEN */

static inline void counters_init(void)
{
    SYSREG_WRITE(pmccfiltr_el0, BIT(27));        /* D19.5: NSH */
    SYSREG_WRITE(pmcntenset_el0, BIT(31));       /* D19.5: the cycle counter */
    SYSREG_WRITE(pmcr_el0, BIT(6) | BIT(2) | 1); /* D19.5: LC, C, E */
}

/* In what the trace counts how long the kernel runs: instructions or cycles, ISB as in arch_counter. */
#define COUNTERS_STRETCH_UNIT QUOLL_TRACE_CYCLES

static inline uint64_t counters_stretch(void)
{
    isb();
    return SYSREG_READ(pmccntr_el0); /* D19.5 */
}
