/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "request.h"

#include <string.h>

#include "text.h"

static uint64_t write_console(struct mux *mux, struct console *console, const uint64_t *word)
{
    uint64_t length = word[0] >> 8 & CONSOLE_ARGUMENT_MAX;

    if (length > CONSOLE_BYTES_MAX)
        return CONSOLE_FAILED | CONSOLE_BAD_LENGTH;
    mux_write_once(mux, console, &word[1], (size_t)length, word[0] >> CONSOLE_SEQUENCE_SHIFT);
    return length;
}

static uint64_t read_console(struct console *console, uint64_t *reply)
{
    uint8_t bytes[CONSOLE_BYTES_MAX] = {0};
    size_t length = 0;

    while (length < CONSOLE_BYTES_MAX && bytes_take(&console->input, &bytes[length]))
        length++;
    memcpy(&reply[1], bytes, sizeof(bytes));
    return length;
}

static uint64_t answer_guest(struct guest *guest, const uint64_t *word)
{
    unsigned error = 0;

    if (guest == NULL)
        return CONSOLE_FAILED | CONSOLE_BAD_CLIENT;
    switch (word[0] & 0xff) {
    case CONSOLE_ATTACH:
        error = guest_attach(guest, word);
        return error != 0 ? CONSOLE_FAILED | error : 0;
    case CONSOLE_DETACH:
        guest_detach(guest);
        return 0;
    default:
        return guest_queues(guest);
    }
}

void request_answer(struct mux *mux, struct client *client, const uint64_t *word, uint64_t *reply)
{
    if (client == NULL) {
        reply[0] = CONSOLE_FAILED | CONSOLE_BAD_CLIENT;
        return;
    }
    client->came = true;
    client->absence_told = false;
    switch (word[0] & 0xff) {
    case CONSOLE_WRITE:
        reply[0] = write_console(mux, client->console, word);
        break;
    case CONSOLE_READ:
        reply[0] = read_console(client->console, reply);
        break;
    case CONSOLE_ATTACH:
    case CONSOLE_DETACH:
    case CONSOLE_QUEUES:
        reply[0] = answer_guest(client->guest, word);
        break;
    default:
        reply[0] = CONSOLE_FAILED | CONSOLE_BAD_OPERATION;
        break;
    }
}

/* By the name that the systems give it; 0: there is none. */
static unsigned monitor_number(const struct mux *mux)
{
    for (unsigned i = 1; i < mux->count; i++)
        if (strcmp(mux->consoles[i].name, "monitor") == 0)
            return i;
    return 0;
}

void request_absent(struct mux *mux, struct client *client)
{
    char text[LINE_MAX_BYTES] = "";
    unsigned monitor = monitor_number(mux);

    /* With a journal, the copy before this one may have seen it. */
    if (!client->came && client->console->sequence == 0)
        return;
    bytes_clear(&client->console->input);
    if (client->guest != NULL)
        bytes_clear(&client->guest->console->input);
    if (client->absence_told)
        return;
    client->absence_told = true;
    text_append(text, sizeof(text), client->name);
    text_append(text, sizeof(text), " is not running: what is typed to it is lost");
    if (monitor != 0) {
        text_append(text, sizeof(text), "; `start ");
        text_append(text, sizeof(text), client->name);
        text_append(text, sizeof(text), "` at ");
        text_append_number(text, sizeof(text), monitor);
        text_append(text, sizeof(text), " monitor makes it run again");
    }
    mux_say(mux, text);
}
