/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * System registers that guests access while they run have a place in a table, one for reading and one for writing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct vcpu;

struct sysreg_access {
    uint64_t key; /* SYSREG_KEY; 0: the place is free */
    /* What is written, or what the hardware holds; answers what is read. Null: ICC_SGI1R_EL1, exit_quick_sgi's. */
    uint64_t (*emulate)(struct vcpu *vcpu, uint64_t value, uint64_t pc);
};

/*
 * The syndrome of exception class 0x18 but for the general register: class and IL; Op0 21:20, Op2 19:17, Op1 16:14,
 * CRn 13:10, CRm 4:1, direction (Arm ARM D17.2.37)
 */
#define SYSREG_MASK UINT64_C(0xfe3ffc1f)
#define SYSREG_KEY(op0, op1, crn, crm, op2, read) \
    (UINT64_C(0x62000000) | (op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1 | (uint64_t)(read))

/*
 * Place of a key. The shift was found by trial: with it, no two registers of the table meet. The compiler says so when
 * a new one breaks that (sysreg.c).
 */
enum { SYSREG_PLACES = 64 };
#define SYSREG_PLACE(key) (((key) ^ (key) >> 14) % SYSREG_PLACES)

extern const struct sysreg_access sysreg_access[SYSREG_PLACES];

/* Null: of no register of the table. */
static inline const struct sysreg_access *sysreg_find(const struct sysreg_access *table, uint64_t esr)
{
    uint64_t key = esr & SYSREG_MASK;
    const struct sysreg_access *access = &table[SYSREG_PLACE(key)];

    return access->key == key ? access : NULL;
}
