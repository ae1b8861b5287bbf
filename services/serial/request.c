/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "request.h"

#include <string.h>

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
