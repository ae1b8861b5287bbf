/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The EL2 physical timer, Arm ARM D12.2 and D19.12.
 */
#include "arch.h"
#include "sysreg.h"
#include "timer_arch.h"

void timer_init(void)
{
    SYSREG_WRITE(cnthp_ctl_el2, 0); /* D19.12 */
    SYSREG_WRITE(cntvoff_el2, 0);   /* D19.12 */
    arch_timer_set(UINT64_MAX);
}

void arch_timer_set(uint64_t deadline)
{
    uint64_t far = arch_counter() + SYSREG_READ(cntfrq_el0); /* D19.12: ticks of a second */

    SYSREG_WRITE(cnthp_cval_el2, deadline < far ? deadline : far); /* D19.12 */
    SYSREG_WRITE(cnthp_ctl_el2, 1);                                /* ENABLE, IMASK clear */
    isb();
}
