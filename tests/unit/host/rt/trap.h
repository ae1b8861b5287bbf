/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Takes the place of lib/rt/trap.h in host programs: a test that links code with kernel calls defines quoll_trap and
 * answers them.
 */
#pragma once

#include <stdint.h>

struct quoll_trap {
    uint64_t word[8];
    uint64_t x8, x9, x10, x11, x12;
};

void quoll_trap(struct quoll_trap *trap);

/* Nobody looks at it: a test that does finds this. */
static inline uint64_t quoll_trap_anything(void)
{
    return UINT64_C(0xa5a5a5a5a5a5a5a5);
}
