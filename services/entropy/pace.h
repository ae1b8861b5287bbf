/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a service gives guests of its own time, so that none of them can use all of it: as long as `share` is not spent
 * there is more, and `period` after the first of it was spent it begins anew. So of any time as long as `period` guests
 * get two shares at most, and what the last piece of work in each took longer.
 *
 * Any unit of time; no kernel call is made here: tests/unit/entropy runs it on the host.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t share, period;
    uint64_t begin, spent; /* zero at first */
};

/* Whether there may be another piece of work. */
bool pace_allows(struct pace *pace, uint64_t now);

/* It went on from `begin` to `end`. */
void pace_spend(struct pace *pace, uint64_t begin, uint64_t end);

/* When there may be more, after pace_allows has said no. */
uint64_t pace_next(const struct pace *pace);
