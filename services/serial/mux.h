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
 * All of it may lie in memory that outlives this component (services/serial/README.md): a copy of it that was made at
 * any moment goes on there (undo.h says how).
 *
 * No kernel calls here: this file is tested on the host.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "component.h"
#include "history.h"
#include "line.h"
#include "undo.h"

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
    bool kept;           /* it is as a copy of this component before this one left it */
    bool input_came;     /* since this was last cleared by the owner of the mux */
    uint8_t last_shown;  /* for the carriage return before a newline */
    uint64_t sequence;   /* of the last message that was taken; 0: none */
    unsigned takes_over; /* its first output takes the focus from this console, unless a person chose it; 0: none */
    struct line line;
    struct history history;
    uint8_t output_store[MUX_OUTPUT_BYTES];
    uint8_t input_store[MUX_INPUT_BYTES];
};

struct mux {
    uint64_t magic; /* with `bytes`, that a copy of this component before this one left it */
    uint64_t bytes;
    struct undo undo;
    struct console consoles[MUX_CONSOLE_MAX];
    unsigned count;
    unsigned left; /* consoles that the copy before left */
    unsigned focus;
    unsigned next;  /* whose line is shown next */
    unsigned asked; /* at whose console the exits of its guest were asked for; 0: at none since the owner cleared it */
    bool displaced;
    bool escape;         /* the escape key was typed */
    bool chosen;         /* a person chose the console in focus */
    bool colour;         /* of lines of others; off, so that a log can be searched */
    unsigned back;       /* whose last lines are being shown; 0: nobody's */
    uint32_t back_at;    /* in its history, */
    uint32_t back_end;   /* as it was when they were asked for */
    uint64_t patience;   /* in ticks */
    uint64_t last_focus; /* ticks, when the console in focus last showed something */
    struct bytes out;
    uint8_t out_store[MUX_STAGE_BYTES];
};

void mux_start(struct mux *mux, uint64_t patience_ticks);

/*
 * Begins with what a copy of this component before this one left in *mux; the same calls of mux_add must follow, and
 * mux_ready. False: there is nothing of sense, and it begins afresh.
 */
bool mux_resume(struct mux *mux, uint64_t patience_ticks);
void mux_ready(struct mux *mux);

/* NULL when there are MUX_CONSOLE_MAX already. The first one gets the focus. `suffix` may be empty. */
struct console *mux_add(struct mux *mux, const char *name, const char *suffix);

/* Takes all of it: what does not fit into the console's share is counted and dropped. */
void mux_write(struct mux *mux, struct console *console, const void *bytes, size_t length);

/* The same, once only: not if `sequence` is that of the last one. 0 is every time another. */
void mux_write_once(struct mux *mux, struct console *console, const void *bytes, size_t length, uint64_t sequence);

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
