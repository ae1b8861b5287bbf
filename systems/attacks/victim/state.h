/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the victim says of itself, in memory that only it writes but for one word.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Of what a verification found wrong. */
enum victim_part {
    VICTIM_REGISTERS = 1 << 0, /* x3..x28 while it was preempted, x19..x28 over a call */
    VICTIM_SIMD = 1 << 1,      /* v0..v31, FPCR, FPSR */
    VICTIM_TPIDR = 1 << 2,     /* TPIDR_EL0 */
    VICTIM_ZEROES = 1 << 3,    /* x9..x18 after a call: zero */
    VICTIM_MEMORY = 1 << 4,
    VICTIM_EXCHANGE = 1 << 5, /* what its peer answers */
    VICTIM_FLAGS = 1 << 6,    /* its peer's notification did not come */
};

struct victim_state {
    _Atomic uint64_t rounds;   /* everything was verified so often */
    _Atomic uint64_t wrong;    /* verifications that failed */
    _Atomic uint64_t parts;    /* enum victim_part of all of them */
    _Atomic uint64_t checksum; /* of its memory, the same for ever */
    _Atomic uint64_t damage;   /* written by the judge, who tests itself: change a bit of your memory */
};
