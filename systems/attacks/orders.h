/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What judge and attackers share: the list of attacks, and a page through which the one tells and the other reports. An
 * attacker is hostile to everybody but the judge, whom it tells what it has done and what it should not have been able
 * to do. The judge reads single words of the page and takes them for numbers, whatever they are.
 */
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

enum attack_by {
    ATTACK_BY_COMPONENT,
    ATTACK_BY_GUEST,
    ATTACK_BY_LIAR,
    ATTACK_BY_LINUX,
    ATTACK_BY_FILES,
    ATTACK_BY_PROVOKE,
};

enum attack_number {
#define ATTACK(by, identifier, name) ATTACK_##identifier,
#include "systems/attacks/attacks.def"
#undef ATTACK
    ATTACK_COUNT,
};

/* Written as ready by whoever starts and looks for an order. */
#define ATTACK_READY UINT64_C(0x59444145524b5441) /* "ATKREADY" read as a little-endian word */

struct attack_page {
    /* by the judge */
    _Atomic uint64_t turn; /* counts orders; written last. 0: none yet */
    _Atomic uint64_t attack;
    _Atomic uint64_t seed;
    _Atomic uint64_t over; /* the last turn that has to end */
    uint64_t reserved[4];
    /* by the attacker */
    _Atomic uint64_t ready;
    _Atomic uint64_t operations; /* counts on while an attack does something; the judge clears it */
    _Atomic uint64_t leaks;      /* what it read, changed or used and should not have; the judge clears it */
    _Atomic uint64_t leak_kind;  /* of the first one, a number of the attack's */
    _Atomic uint64_t used;       /* ticks of CPU time that it had, where the attack measures that */
};
static_assert(sizeof(struct attack_page) <= 4096, "the page is a page");

/* Xorshift (Marsaglia 2003): the same seed, the same attack. */
static inline uint64_t attack_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Neighbouring seeds shall not begin alike, and none may be 0. */
static inline uint64_t attack_seed(uint64_t seed)
{
    uint64_t state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);

    return state != 0 ? state : 1;
}
