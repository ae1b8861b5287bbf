/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "linux.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guests.h"
#include "rt/time.h"
#include "window.h"

enum { PAUSE_NS = 50000000, AGAIN_NS = 2000000000, TEXT = 64 };

static uint64_t question;
static uint64_t asked; /* ticks */
static bool open;      /* not answered yet */
static char checksum[TEXT];
static enum linux_way way, asked_way; /* that of the last question */

void linux_ask(void)
{
    char text[TEXT] = "";
    uint64_t now = time_ticks();

    /* Input that came before the shell did is lost: without an answer it is asked again. */
    if (now - asked < time_ns_to_ticks(open ? AGAIN_NS : PAUSE_NS))
        return;
    if (!open)
        question++;
    if (open && asked_way != way)
        return;
    snprintf(text, sizeof(text), "%" PRIu64 "%s\n", question,
             way == LINUX_SLEEPS ? " 1"
             : way == LINUX_ERRS ? "+1"
                                 : "");
    asked_way = way;
    guest_type(GUEST_linux, text);
    asked = now;
    open = true;
}

void linux_line(const char *line)
{
    char *rest = NULL;

    if (line[0] != '=' || !open)
        return;
    uint64_t answer = strtoull(line + 1, &rest, 10);

    if (checksum[0] == '\0')
        snprintf(checksum, sizeof(checksum), "%s", rest);
    open = false;
    window_answer(time_ticks_to_ns(time_ticks() - asked), answer == question * 3 + 1 && strcmp(rest, checksum) == 0);
}

bool linux_lives(void)
{
    return checksum[0] != '\0';
}

void linux_mislead(enum linux_way to)
{
    way = to;
}

bool linux_is_misled(void)
{
    return asked_way == way && (way != LINUX_WORKS || !open);
}
