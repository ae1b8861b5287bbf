/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines from what is typed. Serial passes keys through: echo and correction happen here.
 */
#include <stdio.h>
#include <string.h>

#include "rt/console.h"
#include "services/serial/protocol.h"

static char input[CONSOLE_BYTES_MAX]; /* read, not yet looked at from `at` on */
static size_t input_length = 0;
static size_t at = 0;
static char text[CONSOLE_LINE_MAX];
static size_t length = 0;

static void echo(const char *bytes)
{
    fputs(bytes, stdout);
}

/* True when the key ended a line. */
static bool take_key(char key)
{
    if (key == '\r' || key == '\n') {
        echo("\n");
        return true;
    }
    if (key == '\b' || key == 0x7f) {
        if (length > 0) {
            length--;
            echo("\b \b");
        }
    } else if (key >= ' ' && length < sizeof(text) - 1) {
        text[length++] = key;
        echo((char[]){key, '\0'});
    }
    return false;
}

bool console_line(char *line)
{
    for (;;) {
        if (at == input_length) {
            fflush(stdout);
            at = 0;
            input_length = console_read(input, sizeof(input));
            if (input_length == 0)
                return false;
        }
        if (take_key(input[at++])) {
            memcpy(line, text, length);
            line[length] = '\0';
            length = 0;
            return true;
        }
    }
}
