/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * guest-gic: distributor and redistributor, read and written at every size and alignment.
 */
#include "access.h"
#include "guest.h"

enum { GICD_SIZE = 0x10000, GICR_SIZE = 0x20000 };

void attack_gic(void)
{
    uint64_t draw = any();
    uint64_t at = (draw >> 32 & 1) != 0 ? GUEST_GICD + draw % GICD_SIZE : GUEST_GICR + draw % GICR_SIZE;

    access_any(draw % 8 != 0 ? at & ~UINT64_C(3) : at, any());
    did(1);
}
