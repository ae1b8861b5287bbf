/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Steps of the multiplexer that a copy of this component has done as a whole or, as the next copy sees it, not at all:
 *
 *   undo_begin   what the step may change is noted
 *   ...          rings get bytes behind their ends and give some from their beginnings;
 *                a line gets longer, or is cleared
 *   undo_end     the step is done
 *
 * A copy that finds a step begun puts back what was noted: the bytes themselves are still there, because between the
 * two nothing takes the place of what it held before. A step is of one console and of the way out. What is in the UART
 * is out: of a byte that was on its way there it cannot be known, and it is sent again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct mux;

struct undo {
    uint32_t begun; /* 1 + the console; 0: no step is */
    uint32_t output_put, output_taken, out_put, history_put, dropped, next, back, back_at;
    uint64_t sequence;
    uint16_t line_length;
    bool line_overflow, complete, displaced;
    uint8_t last_shown;
};

void undo_begin(struct mux *mux, unsigned number);
void undo_end(struct mux *mux);

/* Of what a copy before left; false: it makes no sense. */
bool undo_unfinished(struct mux *mux);
