/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A multiplexer whose staged output is taken into a text, and as a person sees it: carriage return, erase and newline
 * are followed, so that `screen` holds the lines that stand on the terminal.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/serial/mux.h"

enum { TERMINAL_BYTES = 1 << 16, PATIENCE = 1000 };

struct terminal {
    struct mux mux;
    uint64_t now;
    size_t length;
    char text[TERMINAL_BYTES];
    char screen[TERMINAL_BYTES];
};

static struct mux *terminal_mux; /* of the one that was started last */

static inline void terminal_start(struct terminal *terminal)
{
    memset(terminal, 0, sizeof(*terminal));
    terminal_mux = &terminal->mux;
    mux_start(terminal_mux, PATIENCE);
    terminal->now = 10 * PATIENCE;
}

/* Draws text[] into screen[]. */
static inline void terminal_draw(struct terminal *terminal)
{
    size_t line = 0;
    size_t cursor = 0;
    size_t end = 0;

    memset(terminal->screen, 0, sizeof(terminal->screen));
    for (size_t i = 0; i < terminal->length; i++) {
        char c = terminal->text[i];
        if (c == '\r') {
            cursor = line;
        } else if (c == '\n') {
            terminal->screen[end++] = '\n';
            line = end;
            cursor = end;
        } else if (strncmp(&terminal->text[i], "\x1b[K", 3) == 0) {
            memset(&terminal->screen[cursor], 0, end - cursor);
            end = cursor;
            i += 2;
        } else {
            terminal->screen[cursor++] = c;
            end = cursor > end ? cursor : end;
        }
    }
}

/* Takes at most `limit` staged bytes, as a UART with that much room would. */
static inline void terminal_take(struct terminal *terminal, size_t limit)
{
    uint8_t byte = 0;

    mux_pump(&terminal->mux, terminal->now);
    for (size_t i = 0; i < limit && bytes_take(&terminal->mux.out, &byte); i++) {
        assert_true(terminal->length + 1 < TERMINAL_BYTES);
        terminal->text[terminal->length++] = (char)byte;
    }
    terminal_draw(terminal);
}

/* All there is, until nothing moves any more. */
static inline void terminal_drain(struct terminal *terminal)
{
    size_t before = 0;

    do {
        before = terminal->length;
        terminal_take(terminal, TERMINAL_BYTES);
    } while (terminal->length != before);
}

static inline void terminal_clear(struct terminal *terminal)
{
    terminal->length = 0;
    memset(terminal->text, 0, sizeof(terminal->text));
    memset(terminal->screen, 0, sizeof(terminal->screen));
}

static inline void terminal_write(struct console *console, const char *text)
{
    mux_write(terminal_mux, console, text, strlen(text));
}

static inline void terminal_type(struct terminal *terminal, const char *keys)
{
    for (; *keys != '\0'; keys++)
        mux_type(&terminal->mux, (uint8_t)*keys);
}

/* What was typed for a console; taken. */
static inline const char *terminal_input(struct console *console)
{
    static char text[MUX_INPUT_BYTES + 1];
    size_t length = 0;
    uint8_t byte = 0;

    while (bytes_take(&console->input, &byte))
        text[length++] = (char)byte;
    text[length] = '\0';
    return text;
}
