/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every sequence of a few actions in a small world, breadth first, on the real C: two domains, three threads, one
 * portal, one notification, a pool with hardly any room.
 */
#pragma once

#include <stdint.h>

struct explored {
    uint64_t states;      /* that differ */
    uint64_t transitions; /* actions done */
    unsigned depth;       /* actions from the start, of which all sequences were done */
};

/* Until all of `depth` is explored, or `seconds` have passed, or memory for states is full. */
struct explored explore(unsigned depth, uint64_t seconds);
