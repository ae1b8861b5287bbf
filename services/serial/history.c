/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "history.h"

static uint8_t byte_at(const struct history *history, uint32_t at)
{
    return history->store[at & (history->capacity - 1)];
}

void history_start(struct history *history, uint8_t *store, uint32_t capacity)
{
    history->store = store;
    history->capacity = capacity;
}

void history_add(struct history *history, const struct line *line)
{
    if (history->capacity == 0)
        return;
    for (uint16_t i = 0; i < line->length; i++)
        if (line->text[i] != '\n')
            history->store[history->put++ & (history->capacity - 1)] = line->text[i];
    history->store[history->put++ & (history->capacity - 1)] = '\n';
}

uint32_t history_oldest(const struct history *history)
{
    uint32_t at = history->put - history->capacity;

    if (history->put <= history->capacity)
        return 0;
    while (at != history->put && byte_at(history, at) != '\n')
        at++;
    return at == history->put ? at : at + 1;
}

bool history_line(const struct history *history, uint32_t *at, struct line *line)
{
    line_clear(line);
    if (history->capacity == 0)
        return false;
    if (history->put - *at > history->capacity)
        *at = history_oldest(history);
    while (*at != history->put) {
        uint8_t byte = byte_at(history, (*at)++);

        if (byte == '\n')
            return true;
        (void)line_append(line, byte);
    }
    return false;
}
