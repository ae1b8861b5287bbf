/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One attack from its order to its line on the console.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "systems/attacks/orders.h"

struct attack {
    const char *name;
    enum attack_by by;
};

/* By enum attack_number. */
extern const struct attack attacks[ATTACK_COUNT];

void turn_begin(enum attack_number attack, uint64_t seed, uint64_t length_ns);

/* To be called every few milliseconds. True: it is over, and what came of it is printed. */
bool turn_step(void);

/* A line from the Linux whose root attacks. */
void root_line(const char *line);

/* What came of all so far. */
extern unsigned turns_passed, turns_failed;
