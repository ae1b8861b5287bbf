/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "line.h"

enum { ESCAPE = 0x1b, BELL = 0x07, DELETE = 0x7f };

bool line_append(struct line *line, uint8_t byte)
{
    if (line->length == LINE_MAX_BYTES) {
        line->overflow = true;
        return false;
    }
    line->text[line->length++] = byte;
    return true;
}

/*
 * Length of the escape sequence at `start` (ECMA-48, 5.3 to 5.5), cut off by the end of the line: CSI parameters final,
 * OSC text up to BEL or ESC \, or two bytes.
 */
static uint16_t escape_length(const struct line *line, uint16_t start)
{
    uint16_t at = (uint16_t)(start + 1);

    if (at >= line->length)
        return 1;
    uint8_t kind = line->text[at++];
    if (kind == '[') {
        while (at < line->length && (line->text[at] < 0x40 || line->text[at] > 0x7e))
            at++;
    } else if (kind == ']' || kind == 'P' || kind == '_' || kind == '^' || kind == 'X') {
        while (at < line->length && line->text[at] != BELL && line->text[at] != ESCAPE)
            at++;
        /* The ESC of the terminator; its backslash is the last byte. */
        if (at < line->length && line->text[at] == ESCAPE)
            at++;
    } else if (kind >= 0x20 && kind < 0x30) {
        while (at < line->length && line->text[at] < 0x30)
            at++;
    } else {
        return 2;
    }
    return (uint16_t)((at < line->length ? at + 1 : at) - start);
}

/* Whether the terminal would answer: device status, device attributes, ENQ, strings of unknown purpose. */
static bool is_query(const struct line *line, uint16_t start, uint16_t length)
{
    if (line->text[start] != ESCAPE || length < 2)
        return line->text[start] == 0x05;
    uint8_t kind = line->text[start + 1];
    uint8_t final = line->text[start + length - 1];
    if (kind == '[')
        return final == 'n' || final == 'c' || final == 't' || final == 'p' || final == 'q' || final == 'x';
    return kind == 'Z' || kind == ']' || kind == 'P';
}

void line_show_raw(const struct line *line, struct bytes *out)
{
    for (uint16_t at = 0; at < line->length;) {
        uint16_t length = line->text[at] == ESCAPE ? escape_length(line, at) : 1;

        if (!is_query(line, at, length))
            for (uint16_t i = 0; i < length; i++)
                (void)bytes_put(out, line->text[at + i]);
        at = (uint16_t)(at + length);
    }
}

void line_show_plain(const struct line *line, struct bytes *out)
{
    uint16_t end = line->length;
    uint16_t start = 0;

    while (end > 0 && line->text[end - 1] == '\r')
        end--;
    for (uint16_t i = 0; i < end; i++)
        if (line->text[i] == '\r')
            start = (uint16_t)(i + 1);
    for (uint16_t at = start; at < end;) {
        uint8_t byte = line->text[at];
        if (byte == ESCAPE) {
            at = (uint16_t)(at + escape_length(line, at));
            continue;
        }
        if (byte == '\t' || (byte >= 0x20 && byte != DELETE))
            (void)bytes_put(out, byte);
        at++;
    }
}
