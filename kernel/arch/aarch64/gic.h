/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The physical GICv3, besides what arch.h has of it.
 */
#pragma once

#include "core.h"
#include "sysreg.h"
#include <stdint.h>

struct boot_info;

enum { GIC_SPURIOUS = 1020 }; /* 1020..1023: nothing to take (IHI 0069, 2.2.1) */

/* Distributor and this core's redistributor and CPU interface; all lines but the kernel's own are disabled. */
void gic_init(struct core *core, const struct boot_info *info);

/*
 * Take the most urgent interrupt, in two steps, so that what belongs to the first can be looked up between them. It
 * stays active until arch_interrupt_complete. 12.2: ICC_IAR1_EL1, ICC_EOIR1_EL1.
 */
static inline uint64_t gic_acknowledge(void)
{
    uint64_t line = SYSREG_READ(S3_0_C12_C12_0);

    dsb(); /* acknowledged before the device is looked at, 4.1.1 */
    return line;
}

/* Its priority is dropped, at the next ISB or exception return. Not for GIC_SPURIOUS and above. */
static inline void gic_drop(uint64_t line)
{
    SYSREG_WRITE(S3_0_C12_C12_1, line);
}
