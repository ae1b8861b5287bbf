/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a console wrote since its last newline: kept raw, so that it can be shown again after lines of others came
 * between, or shown for the first time with the console's name before it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

enum {
    LINE_MAX_BYTES = 240,
    LINE_COLUMNS = 78, /* a longer line may have wrapped, so it cannot be wiped from the terminal */
};

struct line {
    uint16_t length;
    bool overflow; /* there was more than fits */
    uint8_t text[LINE_MAX_BYTES];
};

/* False, and `overflow`, when there is no room. */
bool line_append(struct line *line, uint8_t byte);

static inline void line_clear(struct line *line)
{
    line->length = 0;
    line->overflow = false;
}

/*
 * Both write at most LINE_MAX_BYTES; the caller made sure of the room.
 * raw: as it was written, without what makes a terminal answer: the answer would be taken for typing.
 * plain: what a printer would show of it: no escape sequences, no controls, and of text overwritten after a carriage
 * return only the last.
 */
void line_show_raw(const struct line *line, struct bytes *out);
void line_show_plain(const struct line *line, struct bytes *out);
