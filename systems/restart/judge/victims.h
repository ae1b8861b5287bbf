/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who is killed next, of what, and how long it was gone each time (victims.def).
 */
#pragma once

#include <stdint.h>

#include "loads.h"

enum { KILLS_MAX = 1000 };

/* What root is asked for: to make it again at once, or that it dies as enum root_death has it, which root must notice.
 */
enum death { DEATH_COMMAND, DEATH_FAULT, DEATH_LOOP, DEATH_SILENCE, DEATHS };

struct kill {
    uint64_t ticks; /* until service was back */
    enum death death;
};

struct victim {
    const char *name;
    enum load load;
    unsigned weight;
    unsigned kills;
    uint64_t own_death; /* ticks; 0: none since it was last made again by command */
    struct kill kill[KILLS_MAX];
};

void victims_seed(uint64_t seed);

/* Below `below`, from the seed. */
uint64_t victims_random(uint64_t below);

/* Each in turn and then at random; `number` counts from 0. */
struct victim *victims_next(unsigned number, enum death *death);

/* It is back, after so many ticks. */
void victims_back(struct victim *victim, enum death death, uint64_t ticks);

/* Rows, and what its deaths of each kind cost; answers how many deaths nobody asked for. */
uint64_t victims_tell(void);

const char *death_name(enum death death);
