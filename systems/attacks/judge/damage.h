/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The judge's hand in the memory of a guest, into which it can see as the service of its console: what was loaded for
 * it is spoiled before it looks, bits of its RAM turn over while it runs. Everything comes from a seed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "guests.h"

/* The guest is made anew: nothing of it was seen yet. */
void damage_begin(void);

/*
 * Spoils the file that `attack` is about as soon as it lies in the memory of `linux-root`, and answers how many bytes
 * or bits of it; 0 as long as it does not lie there. To be called every few milliseconds.
 */
uint64_t damage_file(enum attack_number attack, uint64_t *random);

/* Turns over so many bits anywhere in the RAM of a guest; answers how many it were. */
uint64_t damage_flip(enum guest_number number, uint64_t *random, unsigned bits);

/* Pages that linux-trash has written over. */
uint64_t damage_trashed(void);
