/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

#include "rt/time.h"

static char ring[LOG_SIZE];
static uint64_t end = 0;

static void append(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ring[end++ % LOG_SIZE] = bytes[i];
}

/* What a snprintf into `size` bytes really left there. */
static size_t written(int length, size_t size)
{
    if (length < 0)
        return 0;
    return (size_t)length < size ? (size_t)length : size - 1;
}

void log_line(const char *format, ...)
{
    char line[LOG_LINE_MAX] = "";
    uint64_t ms = time_ns() / 1000000;
    va_list arguments;
    size_t head = written(snprintf(line, sizeof(line), "[%4u.%03u] ", (unsigned)(ms / 1000), (unsigned)(ms % 1000)),
                          sizeof(line));

    va_start(arguments, format);
    size_t body = written(vsnprintf(line + head, sizeof(line) - head, format, arguments), sizeof(line) - head);
    va_end(arguments);
    append(line, head + body);
    append("\n", 1);
}

uint64_t log_end(void)
{
    return end;
}

size_t log_read(uint64_t position, char *buffer, size_t size, uint64_t *start)
{
    uint64_t oldest = end > LOG_SIZE ? end - LOG_SIZE : 0;
    size_t length = 0;

    if (position < oldest)
        position = oldest;
    if (position > end)
        position = end;
    *start = position;
    while (length < size && position < end)
        buffer[length++] = ring[position++ % LOG_SIZE];
    return length;
}
