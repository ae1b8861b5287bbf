/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rt/console.h"

#include <stdbool.h>
#include <string.h>

#include "abi/plan.h"
#include "rt/message.h"
#include "rt/time.h"
#include "services/serial/protocol.h"

enum {
    TRIES = 20,
    PAUSE_NS = 5000000,      /* between two tries */
    SILENCE_NS = 1000000000, /* after serial was found dead, output is dropped this long without a try */
};

/* Absent until a call has once succeeded: a component without a console shall not wait for one at every line. */
static enum { ABSENT, PRESENT, SILENT } state = ABSENT;
static uint64_t silent_until = 0;
static uint64_t dropped = 0;

void console_peer_restarted(void)
{
    if (state == SILENT)
        silent_until = 0;
}

uint64_t console_dropped(void)
{
    return dropped;
}

static bool try_now(void)
{
    return state != SILENT || time_ticks() >= silent_until;
}

static void become_silent(void)
{
    state = SILENT;
    silent_until = time_ticks() + time_ns_to_ticks(SILENCE_NS);
}

/* Of a message, never one that a copy of this component before this one had: it begins with the time. */
static uint64_t next_number(void)
{
    static uint64_t last = 0;

    if (last == 0)
        last = time_ticks();
    return ++last;
}

/* One message of at most CONSOLE_BYTES_MAX bytes; answers how many serial took, or a copy before it had taken. */
static size_t send(const char *bytes, size_t size, uint64_t number, enum quoll_error *error)
{
    struct quoll_message message = {.word = {CONSOLE_WRITE | size << 8 | number << CONSOLE_SEQUENCE_SHIFT}};

    memcpy(&message.word[1], bytes, size);
    *error = quoll_call(COMPONENT_CAP_CONSOLE, &message);
    if (*error || message.word[0] & CONSOLE_FAILED)
        return 0;
    return message.word[0] < size ? (size_t)message.word[0] : size;
}

/* A part of it, with retries while serial is being made again or has no room. */
static size_t send_patiently(const char *bytes, size_t size)
{
    int tries = state == PRESENT ? TRIES : 1;
    uint64_t number = next_number();

    for (int i = 0; i < tries; i++) {
        enum quoll_error error = QUOLL_OK;
        size_t sent = send(bytes, size, number, &error);

        if (sent) {
            state = PRESENT;
            return sent;
        }
        if (i + 1 < tries)
            time_sleep_until(time_ticks() + time_ns_to_ticks(PAUSE_NS));
    }
    become_silent();
    return 0;
}

size_t console_write(const char *buffer, size_t size)
{
    size_t sent = 0;

    while (sent < size && try_now()) {
        size_t part = size - sent < CONSOLE_BYTES_MAX ? size - sent : CONSOLE_BYTES_MAX;
        size_t taken = send_patiently(buffer + sent, part);

        if (!taken)
            break;
        sent += taken;
    }
    dropped += size - sent;
    return sent;
}

size_t console_read(char *buffer, size_t size)
{
    size_t length = 0;

    while (size - length >= CONSOLE_BYTES_MAX) {
        struct quoll_message message = {.word = {CONSOLE_READ}};

        if (quoll_call(COMPONENT_CAP_CONSOLE, &message) || message.word[0] & CONSOLE_FAILED)
            break;
        size_t got = message.word[0] < CONSOLE_BYTES_MAX ? (size_t)message.word[0] : CONSOLE_BYTES_MAX;

        if (!got)
            break;
        memcpy(buffer + length, &message.word[1], got);
        length += got;
    }
    return length;
}
