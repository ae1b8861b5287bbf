/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Many consoles on one terminal.
 *
 *   mux_write ->  console.output  -> [ console.line ] -+-> mux.out -> UART
 *   console.input <- mux_type <- UART                  one line at a time with its name before it,
 *                                                      or byte by byte from the console in focus
 *
 * Console 0 is serial's own. Between two steps the terminal's cursor stands behind the unfinished line of the console
 * in focus, unless `displaced`: then it stands at the start of an empty line, and that line is shown again before
 * anything else of the console in focus.
 *
 * No kernel calls here: this file is tested on the host.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "component.h"
#include "line.h"

enum {
    MUX_CONSOLE_MAX = 1 + COMPONENT_CLIENT_COUNT + COMPONENT_GUEST_COUNT,
    MUX_OUTPUT_BYTES = 2048, /* a client's share */
    MUX_INPUT_BYTES = 256,
    MUX_STAGE_BYTES = 2048,
    MUX_NAME_MAX = 40,
    MUX_OWN = 0, /* serial's own console */
};

/* A line of another console waits this long for the one in focus to end its own. */
#define MUX_PATIENCE_NS UINT64_C(20000000)

enum { MUX_ESCAPE_KEY = 0x1d /* Ctrl-] */ };

struct console {
    char name[MUX_NAME_MAX];
    struct bytes output;
    struct bytes input;
    uint32_t dropped;    /* bytes of output since the ring was full */
    bool complete;       /* `line` has its newline (or is full) and waits to be shown; never in focus */
    bool input_came;     /* since this was last cleared by the owner of the mux */
    uint8_t last_shown;  /* for the carriage return before a newline */
    unsigned takes_over; /* its first output takes the focus from this console, unless a person chose it; 0: none */
    struct line line;
    uint8_t output_store[MUX_OUTPUT_BYTES];
    uint8_t input_store[MUX_INPUT_BYTES];
};

struct mux {
    struct console consoles[MUX_CONSOLE_MAX];
    unsigned count;
    unsigned focus;
    unsigned next;  /* whose line is shown next */
    unsigned asked; /* at whose console the exits of its guest were asked for; 0: at none since the owner cleared it */
    bool displaced;
    bool escape;         /* the escape key was typed */
    bool chosen;         /* a person chose the console in focus */
    bool colour;         /* of lines of others; off, so that a log can be searched */
    uint64_t patience;   /* in ticks */
    uint64_t last_focus; /* ticks, when the console in focus last showed something */
    struct bytes out;
    uint8_t out_store[MUX_STAGE_BYTES];
};

void mux_start(struct mux *mux, uint64_t patience_ticks);

/* NULL when there are MUX_CONSOLE_MAX already. The first one gets the focus. `suffix` may be empty. */
struct console *mux_add(struct mux *mux, const char *name, const char *suffix);

/* Takes all of it: what does not fit into the console's share is counted and dropped. */
void mux_write(struct console *console, const void *bytes, size_t length);

/* A line of serial's own. */
void mux_say(struct mux *mux, const char *text);

/* Says which consoles there are and which keys switch. */
void mux_help(struct mux *mux);

/* A byte from the keyboard. */
void mux_type(struct mux *mux, uint8_t byte);

/* Moves output toward mux.out as far as that has room: at most MUX_STAGE_BYTES of work. `now` in ticks. */
void mux_pump(struct mux *mux, uint64_t now);

/* When mux_pump has to be called again though nothing happens; UINT64_MAX: never. */
uint64_t mux_deadline(const struct mux *mux);
