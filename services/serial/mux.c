/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "mux.h"

#include <string.h>

#include "text.h"

enum {
    DIGITS = 9, /* consoles that have a key of their own */
    /* Room in mux.out for the unfinished line and a newline; and for a line with its name, and then that. */
    ROOM_FOR_FOCUS = LINE_MAX_BYTES + 16,
    ROOM_FOR_LINE = MUX_NAME_MAX + LINE_MAX_BYTES + 32 + ROOM_FOR_FOCUS,
    FOCUS_TURN = 256, /* bytes of the console in focus between two lines of others */
};

/* "Quollmux" */
#define MAGIC UINT64_C(0x51756f6c6c6d7578)

static const char erase_line[] = "\r\x1b[K";
static const char colour_on[] = "\x1b[36m";
static const char colour_off[] = "\x1b[0m";

static void emit(struct mux *mux, const char *text)
{
    for (; *text != '\0'; text++)
        (void)bytes_put(&mux->out, (uint8_t)*text);
}

void mux_start(struct mux *mux, uint64_t patience_ticks)
{
    memset(mux, 0, sizeof(*mux));
    mux->patience = patience_ticks;
    mux->out = (struct bytes){.store = mux->out_store, .capacity = MUX_STAGE_BYTES};
    (void)mux_add(mux, "serial", "");
}

static bool is_truth(const bool *value)
{
    return *(const volatile uint8_t *)value <= 1;
}

static bool is_sane(const struct console *console)
{
    return bytes_count(&console->output) <= MUX_OUTPUT_BYTES && bytes_count(&console->input) <= MUX_INPUT_BYTES &&
           console->line.length <= LINE_MAX_BYTES && is_truth(&console->line.overflow) &&
           is_truth(&console->complete) && is_truth(&console->input_came);
}

static bool makes_sense(struct mux *mux)
{
    return mux->magic == MAGIC && mux->bytes == sizeof(*mux) && undo_unfinished(mux) && mux->count != 0 &&
           mux->count <= MUX_CONSOLE_MAX && mux->focus < mux->count && mux->next < mux->count &&
           mux->asked < mux->count && mux->back < mux->count && is_truth(&mux->displaced) && is_truth(&mux->escape) &&
           is_truth(&mux->chosen) && is_truth(&mux->colour) && bytes_count(&mux->out) <= MUX_STAGE_BYTES;
}

bool mux_resume(struct mux *mux, uint64_t patience_ticks)
{
    bool sense = makes_sense(mux);

    if (!sense) {
        mux_start(mux, patience_ticks);
        mux->bytes = sizeof(*mux);
        mux->magic = MAGIC;
        return false;
    }
    mux->patience = patience_ticks;
    mux->last_focus = 0;
    mux->out.store = mux->out_store;
    mux->out.capacity = MUX_STAGE_BYTES;
    mux->left = mux->count;
    mux->count = 0;
    (void)mux_add(mux, "serial", "");
    return true;
}

void mux_ready(struct mux *mux)
{
    mux->left = 0;
    if (mux->focus < mux->count && mux->next < mux->count && mux->asked < mux->count && mux->back < mux->count)
        return;
    mux->focus = mux->count > 1;
    mux->next = mux->asked = mux->back = 0;
}

struct console *mux_add(struct mux *mux, const char *name, const char *suffix)
{
    char whole[MUX_NAME_MAX] = "";

    if (mux->count == MUX_CONSOLE_MAX)
        return NULL;
    struct console *console = &mux->consoles[mux->count];
    text_append(whole, MUX_NAME_MAX, name);
    text_append(whole, MUX_NAME_MAX, suffix);
    bool kept = mux->count < mux->left && memcmp(console->name, whole, MUX_NAME_MAX) == 0 && is_sane(console);

    if (!kept)
        memset(console, 0, sizeof(*console));
    console->kept = kept;
    memcpy(console->name, whole, MUX_NAME_MAX);
    console->output.store = console->output_store;
    console->output.capacity = MUX_OUTPUT_BYTES;
    console->input.store = console->input_store;
    console->input.capacity = MUX_INPUT_BYTES;
    console->input_came = bytes_count(&console->input) != 0;
    if (mux->count == 1 && mux->left == 0)
        mux->focus = 1;
    mux->count++;
    return console;
}

/* What was dropped is told where it is missing, once half of the share is free again. */
static void tell_dropped(struct console *console)
{
    char text[48] = "\n[... ";

    text_append_number(text, sizeof(text), console->dropped);
    text_append(text, sizeof(text), " bytes dropped]\n");
    for (const char *at = text; *at != '\0'; at++)
        (void)bytes_put(&console->output, (uint8_t)*at);
    console->dropped = 0;
}

static unsigned number_of(const struct mux *mux, const struct console *console)
{
    return (unsigned)(console - mux->consoles);
}

static void tell_dropped_when_due(struct mux *mux, struct console *console)
{
    if (console->dropped == 0 || bytes_room(&console->output) < MUX_OUTPUT_BYTES / 2)
        return;
    undo_begin(mux, number_of(mux, console));
    tell_dropped(console);
    undo_end(mux);
}

void mux_write_once(struct mux *mux, struct console *console, const void *bytes, size_t length, uint64_t sequence)
{
    const uint8_t *from = bytes;

    if (sequence != 0 && sequence == console->sequence)
        return;
    tell_dropped_when_due(mux, console);
    undo_begin(mux, number_of(mux, console));
    for (size_t i = 0; i < length; i++)
        if (console->dropped != 0 || !bytes_put(&console->output, from[i]))
            console->dropped += console->dropped != UINT32_MAX;
    console->sequence = sequence;
    undo_end(mux);
}

void mux_write(struct mux *mux, struct console *console, const void *bytes, size_t length)
{
    mux_write_once(mux, console, bytes, length, 0);
}

void mux_say(struct mux *mux, const char *text)
{
    struct console *console = &mux->consoles[MUX_OWN];

    mux_write(mux, console, text, strlen(text));
    mux_write(mux, console, "\n", 1);
}

void mux_help(struct mux *mux)
{
    char text[LINE_MAX_BYTES] = "consoles:";

    for (unsigned i = 1; i < mux->count; i++) {
        text_append(text, sizeof(text), i == 1 ? " " : ", ");
        text_append_number(text, sizeof(text), i);
        text_append(text, sizeof(text), " ");
        text_append(text, sizeof(text), mux->consoles[i].name);
        text_append(text, sizeof(text), i == mux->focus ? " (here)" : "");
    }
    mux_say(mux, text);
    text[0] = '\0';
    text_append(text, sizeof(text), "Ctrl-] then 1..9: that console, n: next, p: previous");
    text_append(text, sizeof(text), mux->count > DIGITS + 1 ? " (the way to those above 9)" : "");
    text_append(text, sizeof(text),
                ", e: exits of its guest, b: its last lines, c: colour, h: this help, Ctrl-]: itself");
    mux_say(mux, text);
}

/* Leaves the unfinished line of the old console in sight, and goes on behind that of the new one. */
static void set_focus(struct mux *mux, unsigned focus)
{
    struct console *old = &mux->consoles[mux->focus];
    char text[MUX_NAME_MAX + 16] = "this is ";

    if (focus != mux->focus) {
        if (old->line.length != 0 && !mux->displaced)
            emit(mux, "\r\n");
        mux->focus = focus;
        mux->displaced = true;
    }
    text_append_number(text, sizeof(text), focus);
    text_append(text, sizeof(text), " ");
    text_append(text, sizeof(text), mux->consoles[focus].name);
    mux_say(mux, text);
}

/* To what the console in focus has shown up to now. */
static void begin_back(struct mux *mux)
{
    const struct history *history = &mux->consoles[mux->focus].history;

    if (history->capacity == 0) {
        mux_say(mux, "no lines are kept: the description has no serial-journal");
        return;
    }
    mux->back_at = history_oldest(history);
    mux->back_end = history->put;
    mux->back = mux->focus;
}

static void type_command(struct mux *mux, uint8_t key)
{
    unsigned others = mux->count - 1;

    mux->chosen = true;
    if (key >= '1' && key <= '9' && (unsigned)(key - '0') <= others)
        set_focus(mux, (unsigned)(key - '0'));
    else if (key == 'n' && others != 0)
        set_focus(mux, mux->focus % others + 1);
    else if (key == 'p' && others != 0)
        set_focus(mux, (mux->focus + others - 2) % others + 1);
    else if (key == 'e')
        mux->asked = mux->focus;
    else if (key == 'b')
        begin_back(mux);
    else if (key == 'c')
        mux->colour = !mux->colour;
    else
        mux_help(mux);
}

void mux_type(struct mux *mux, uint8_t byte)
{
    if (mux->escape && byte != MUX_ESCAPE_KEY) {
        mux->escape = false;
        type_command(mux, byte);
        return;
    }
    if (!mux->escape && byte == MUX_ESCAPE_KEY) {
        mux->escape = true;
        return;
    }
    mux->escape = false;
    struct console *console = &mux->consoles[mux->focus];
    if (mux->focus == MUX_OWN)
        return;
    if (!bytes_put(&console->input, byte)) {
        emit(mux, "\a");
        return;
    }
    console->input_came = true;
}

/* Collects the next line of a console that is not in focus. */
static void collect_line(struct mux *mux, struct console *console)
{
    uint8_t byte = 0;

    tell_dropped_when_due(mux, console);
    if (console->complete || bytes_count(&console->output) == 0)
        return;
    undo_begin(mux, number_of(mux, console));
    while (!console->complete && bytes_count(&console->output) != 0) {
        if (console->line.length == LINE_MAX_BYTES) {
            console->complete = true;
            break;
        }
        (void)bytes_take(&console->output, &byte);
        if (byte == '\n')
            console->complete = true;
        else
            (void)line_append(&console->line, byte);
    }
    undo_end(mux);
}

/* Whether a line of `number` may come between what the console in focus writes. */
static bool may_insert(const struct mux *mux, unsigned number, uint64_t now)
{
    const struct console *focus = &mux->consoles[mux->focus];

    if (mux->displaced || focus->line.length == 0 || number == MUX_OWN)
        return true;
    if (bytes_count(&mux->consoles[number].output) > MUX_OUTPUT_BYTES / 2)
        return true;
    return now - mux->last_focus >= mux->patience;
}

/* Takes the unfinished line of the console in focus off the terminal. */
static void displace(struct mux *mux)
{
    const struct line *line = &mux->consoles[mux->focus].line;

    if (mux->displaced)
        return;
    if (line->length != 0)
        emit(mux, line->length <= LINE_COLUMNS ? erase_line : "\r\n");
    mux->displaced = true;
}

static void show_line(struct mux *mux, struct console *console)
{
    undo_begin(mux, number_of(mux, console));
    displace(mux);
    emit(mux, mux->colour ? colour_on : "");
    emit(mux, "[");
    emit(mux, console->name);
    emit(mux, "] ");
    line_show_plain(&console->line, &mux->out);
    emit(mux, mux->colour ? colour_off : "");
    emit(mux, "\r\n");
    history_add(&console->history, &console->line);
    line_clear(&console->line);
    console->complete = false;
    undo_end(mux);
}

/* One of the last lines of the console that a person scrolls back in, or its end. */
static void show_back(struct mux *mux)
{
    const struct history *history = &mux->consoles[mux->back].history;
    struct line line = {0};
    bool more = true;

    undo_begin(mux, mux->back);
    displace(mux);
    more = history_line(history, &mux->back_at, &line) && (int32_t)(mux->back_end - mux->back_at) >= 0;
    if (more) {
        emit(mux, "| ");
        line_show_plain(&line, &mux->out);
        emit(mux, "\r\n");
    } else {
        mux->back = 0;
    }
    undo_end(mux);
}

/* Shows one line of one console that is not in focus. False: there is none that may be shown now. */
static bool show_other(struct mux *mux, uint64_t now)
{
    for (unsigned i = 0; i < mux->count; i++) {
        unsigned number = (mux->next + i) % mux->count;
        struct console *console = &mux->consoles[number];

        if (number == mux->focus && number != MUX_OWN)
            continue;
        collect_line(mux, console);
        if (console->complete && may_insert(mux, number, now)) {
            show_line(mux, console);
            mux->next = (number + 1) % mux->count;
            return true;
        }
    }
    return false;
}

/* Puts the unfinished line of the console in focus back, and ends one that was complete before it had the focus. */
static void restore_focus(struct mux *mux)
{
    struct console *focus = &mux->consoles[mux->focus];

    if (!mux->displaced || mux->focus == MUX_OWN)
        return;
    undo_begin(mux, mux->focus);
    if (!focus->line.overflow)
        line_show_raw(&focus->line, &mux->out);
    if (focus->complete) {
        emit(mux, "\r\n");
        history_add(&focus->history, &focus->line);
        line_clear(&focus->line);
        focus->complete = false;
    }
    mux->displaced = false;
    undo_end(mux);
}

static void show_bytes(struct mux *mux, struct console *focus)
{
    uint8_t byte = 0;

    for (unsigned i = 0; i < FOCUS_TURN && bytes_room(&mux->out) >= 2; i++) {
        if (!bytes_take(&focus->output, &byte))
            break;
        if (byte == '\n' && focus->last_shown != '\r')
            (void)bytes_put(&mux->out, '\r');
        (void)bytes_put(&mux->out, byte);
        focus->last_shown = byte;
        if (byte == '\n') {
            history_add(&focus->history, &focus->line);
            line_clear(&focus->line);
            break;
        }
        (void)line_append(&focus->line, byte);
    }
}

/* One turn of the console in focus: a line's end ends it. False: it had nothing to show. */
static bool show_focus(struct mux *mux, uint64_t now)
{
    struct console *focus = &mux->consoles[mux->focus];

    if (mux->focus == MUX_OWN)
        return false;
    tell_dropped_when_due(mux, focus);
    if (bytes_count(&focus->output) == 0)
        return false;
    restore_focus(mux);
    undo_begin(mux, mux->focus);
    show_bytes(mux, focus);
    undo_end(mux);
    mux->last_focus = now;
    return true;
}

/* A guest that begins to use its virtio-console is looked at there from then on. */
static void take_over(struct mux *mux)
{
    for (unsigned i = 1; i < mux->count && !mux->chosen; i++) {
        struct console *console = &mux->consoles[i];

        if (console->takes_over != 0 && console->takes_over == mux->focus && bytes_count(&console->output) != 0) {
            console->takes_over = 0;
            set_focus(mux, i);
        }
    }
}

void mux_pump(struct mux *mux, uint64_t now)
{
    bool progress = true;

    take_over(mux);
    while (mux->back != 0 && bytes_room(&mux->out) >= ROOM_FOR_LINE)
        show_back(mux);
    if (mux->back != 0)
        return;
    /* Every round puts at least a byte into mux.out. */
    while (progress && bytes_room(&mux->out) >= ROOM_FOR_LINE) {
        progress = show_other(mux, now);
        if (bytes_room(&mux->out) >= ROOM_FOR_FOCUS)
            progress |= show_focus(mux, now);
    }
    if (!progress && bytes_room(&mux->out) >= ROOM_FOR_FOCUS)
        restore_focus(mux);
}

uint64_t mux_deadline(const struct mux *mux)
{
    /* Without room it is the UART that has to come first. */
    if (bytes_room(&mux->out) < ROOM_FOR_LINE)
        return UINT64_MAX;
    for (unsigned i = 0; i < mux->count; i++)
        if (i != mux->focus && mux->consoles[i].complete)
            return mux->last_focus + mux->patience;
    return UINT64_MAX;
}
