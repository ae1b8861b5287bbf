/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The last lines of a console, for a person to scroll back to: whole lines with their ends in a ring, of which a new
 * one takes the place of the oldest. `put` counts bytes for ever, modulo 2^32.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "line.h"

struct history {
    uint8_t *store;
    uint32_t capacity; /* a power of two; 0: nothing is kept */
    uint32_t put;
};

/* `store` may hold what is kept already; then `history->put` says how much. */
void history_start(struct history *history, uint8_t *store, uint32_t capacity);

void history_add(struct history *history, const struct line *line);

/* Where the oldest whole line begins. */
uint32_t history_oldest(const struct history *history);

/* The line at *at, which then is the next one; false: there is none. What was overwritten meanwhile is passed over. */
bool history_line(const struct history *history, uint32_t *at, struct line *line);
