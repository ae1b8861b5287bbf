/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How a neighbour of the guest's says every 50 ms how it fared: how many requests were answered, how long the slowest
 * took or has been waiting, and how many answers were not what they should be.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rt/time.h"

#define TALLY_TURN_NS UINT64_C(50000000)

struct tally {
    const char *what;
    uint64_t begin; /* of the turn */
    uint64_t since; /* the request that waits; 0: none does */
    uint64_t requests, slowest, wrong;
};

static inline void tally_ask(struct tally *tally)
{
    tally->since = time_ticks();
}

static inline void tally_waits(struct tally *tally, uint64_t now)
{
    uint64_t took = tally->since == 0 ? 0 : now - tally->since;

    tally->slowest = took > tally->slowest ? took : tally->slowest;
}

static inline void tally_answer(struct tally *tally, bool right)
{
    tally_waits(tally, time_ticks());
    tally->since = 0;
    tally->requests++;
    tally->wrong += !right;
}

/* Nobody will answer. A neighbour that has met the service before had a right to an answer. */
static inline void tally_lose(struct tally *tally, bool met)
{
    tally->since = 0;
    tally->wrong += met;
}

/* To be called more often than turns end. */
static inline void tally_say(struct tally *tally)
{
    uint64_t now = time_ticks();

    if (tally->begin == 0)
        tally->begin = now;
    if (now - tally->begin < time_ns_to_ticks(TALLY_TURN_NS))
        return;
    tally_waits(tally, now);
    printf("%s: %lu requests, the slowest %lu us, %lu wrong\n", tally->what, (unsigned long)tally->requests,
           (unsigned long)(time_ticks_to_ns(tally->slowest) / 1000), (unsigned long)tally->wrong);
    tally->requests = tally->slowest = tally->wrong = 0;
    tally->begin = now;
}
