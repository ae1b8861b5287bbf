/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * PASS or FAIL, and why.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "window.h"

struct outcome {
    const char *name;
    const char *expected; /* the one reason to fail that has to apply; "" but for what provokes it */
    uint64_t seed;
    uint64_t operations;
    uint64_t leaks, leak_kind; /* how often it got what it should not have, and what first */
    unsigned lives;
    int64_t lost;         /* bytes of RAM */
    bool gone;            /* the attacker did not come, or could not be removed */
    bool others_not_made; /* half-way through root could not make another component */
};

/* Its line on the console; answers whether it passed. */
bool verdict(const struct outcome *outcome, const struct window *window);
