/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An MRS names its register in the instruction, so each of the 56 has one of its own. Those without a name read as
 * zero (Arm ARM D18.3.1).
 */
#include "id_registers.h"
#include "sysreg.h"

#define READ(m, op)    \
    case (m)*8 + (op): \
        return SYSREG_READ(S3_0_C0_C##m##_##op);
#define READ_EIGHT(m) READ(m, 0) READ(m, 1) READ(m, 2) READ(m, 3) READ(m, 4) READ(m, 5) READ(m, 6) READ(m, 7)

uint64_t id_register(unsigned iss)
{
    /* ISS of a trapped MRS: Op0 21:20, Op2 19:17, Op1 16:14, CRn 13:10, CRm 4:1 */
    if ((iss >> 20 & 3) != 3 || (iss >> 14 & 7) != 0 || (iss >> 10 & 0xf) != 0)
        return 0;
    switch ((iss >> 1 & 0xf) * 8 + (iss >> 17 & 7)) {
        READ_EIGHT(1)
        READ_EIGHT(2)
        READ_EIGHT(3)
        READ_EIGHT(4)
        READ_EIGHT(5)
        READ_EIGHT(6)
        READ_EIGHT(7)
    default:
        return 0;
    }
}
