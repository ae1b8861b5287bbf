/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What picolibc asks of its surroundings: standard streams and a way out.
 */
#include <stdio.h>

#include "rt/component.h"
#include "rt/console.h"

enum { LINE_SIZE = 128 };

/* A line, or what a fflush finds of it, goes out at once. */
static char line[LINE_SIZE];
static size_t line_length = 0;

static int flush_line(FILE *file)
{
    (void)file;
    console_write(line, line_length);
    line_length = 0;
    return 0;
}

static int put(char c, FILE *file)
{
    line[line_length++] = c;
    if (c == '\n' || line_length == sizeof(line))
        flush_line(file);
    return (unsigned char)c;
}

static FILE console_file = FDEV_SETUP_STREAM(put, NULL, flush_line, _FDEV_SETUP_WRITE);

FILE *const stdout = &console_file;
FILE *const stderr = &console_file;
FILE *const stdin = &console_file;

_Noreturn void _exit(int status);
_Noreturn void _exit(int status)
{
    component_exit(status);
}
