/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * PSCI (DEN 0022, chapter 5) by SMC, for the kernel runs at EL2.
 */
#include "arch.h"
#include "check.h"
#include "stacks.h"

#define PSCI_SYSTEM_OFF   UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET UINT64_C(0x84000009)

void arch_power(enum quoll_power_action action)
{
    stacks_report("the kernel");

    register uint64_t x0 __asm__("x0") = action == QUOLL_POWER_RESET ? PSCI_SYSTEM_RESET : PSCI_SYSTEM_OFF;

    /* SMC Calling Convention, DEN 0028, 2.7: x0..x17 may be changed */
    __asm__ volatile("smc #0"
                     : "+r"(x0)
                     :
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    panic(__FILE__, __LINE__, "the firmware did not switch the board off");
}
