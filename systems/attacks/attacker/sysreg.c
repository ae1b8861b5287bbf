/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-sysreg: every system register and system instruction, one by one, from EL0. What is none of EL0's has to
 * fault; what is EL0's stands in a table.
 * component-timer: the same for timers and counters, which somebody else depends on.
 */
#include "code.h"

enum { LOOK_NS = 5000000, BREAKPOINT = 0xd4200000, READ = 1 << 21 };

/* op0 op1 CRn CRm op2 as in an MRS or MSR (C5.1.2 of the Arm ARM), without L and Rt. */
#define REGISTER(op0, op1, crn, crm, op2) ((op0) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

/* Bits of an instruction that is allowed: read, write. */
enum { R = 1, W = 2 };
static const struct {
    uint32_t encoding;
    uint32_t ways;
} allowed[] = {
    {REGISTER(3, 3, 0, 0, 1), R},      /* CTR_EL0 */
    {REGISTER(3, 3, 0, 0, 7), R},      /* DCZID_EL0 */
    {REGISTER(3, 3, 4, 2, 0), R | W},  /* NZCV */
    {REGISTER(3, 3, 4, 4, 0), R | W},  /* FPCR */
    {REGISTER(3, 3, 4, 4, 1), R | W},  /* FPSR */
    {REGISTER(3, 3, 13, 0, 2), R | W}, /* TPIDR_EL0 */
    {REGISTER(3, 3, 13, 0, 3), R},     /* TPIDRRO_EL0 */
    {REGISTER(3, 3, 14, 0, 0), R},     /* CNTFRQ_EL0 */
    {REGISTER(3, 3, 14, 0, 1), R},     /* CNTPCT_EL0 */
    {REGISTER(3, 3, 14, 0, 2), R},     /* CNTVCT_EL0 */
};

static bool is_allowed(uint32_t encoding, bool read)
{
    for (unsigned i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        if (allowed[i].encoding == encoding)
            return (allowed[i].ways & (read ? R : W)) != 0;
    return false;
}

/* The instruction, then a breakpoint. True: it was executed. */
static bool executes(uint32_t instruction, uint64_t value)
{
    struct worker_fault fault = {0};

    code_put(0, instruction);
    code_put(1, BREAKPOINT);
    code_run(0, value);
    did(1);
    return worker_fault(LOOK_NS, &fault) && fault.pc != CODE_EXECUTED;
}

/* op0 2 and 3: registers. What is defined for nobody is UNDEFINED and has to fault as well. */
static void try_register(uint32_t encoding)
{
    bool read = (any() & 1) != 0;

    if (executes(0xd5000000 | (read ? READ : 0) | encoding, any()) && !is_allowed(encoding, read))
        leak((uint64_t)encoding | (read ? READ : 0));
}

/* op0 1: SYS and SYSL; EL0 has DC ZVA, CVAC, CVAU, CIVAC, CVAP and IC IVAU, which are component-cache's. */
static void try_instruction(uint32_t encoding)
{
    bool el0 = (encoding >> 16 & 7) == 3;

    if (executes(0xd5000000 | encoding, any()) && !el0)
        leak(encoding);
}

void attack_sysreg(void)
{
    if (!code_make())
        return;
    for (uint32_t next = (uint32_t)any(); !over(); next += 12289) {
        uint32_t encoding = (next & 0x3fff) << 5;

        if (next % 8 == 0)
            try_instruction(REGISTER(1, 0, 0, 0, 0) | encoding);
        else
            try_register(REGISTER(2 + (next >> 14 & 1), 0, 0, 0, 0) | encoding);
    }
}

/* CRn 14: CNTFRQ, CNTPCT, CNTVCT, CNTP_*, CNTV_* of EL0, CNTKCTL_EL1, those of EL2 and EL1S; PMU registers, too. */
void attack_timer(void)
{
    if (!code_make())
        return;
    while (!over())
        try_register(REGISTER(3, (uint32_t)any() & 7, 14, (uint32_t)any() & 15, (uint32_t)any() & 7));
}
