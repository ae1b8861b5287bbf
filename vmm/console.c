/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "rt/console.h"
#include "virtio_console.h"
#include "vm.h"

/* A guest can provoke log lines at will; the console is everybody's. */
enum { LOG_LINES_MAX = 100, LOG_SUBJECTS = 16, LOG_LINE_SIZE = 160 };

static uint32_t log_lines;
static uint64_t log_subject[LOG_SUBJECTS];
static uint32_t log_subjects; /* counts on when the table is full, and overwrites the oldest */
static bool input_left;       /* serial may still hold input for us */

void console_output(const uint8_t *data, uint32_t length)
{
    (void)console_write((const char *)data, length);
}

void console_take_input(void)
{
    uint8_t bytes[CONSOLE_BYTES_MAX] = {0};

    if (virtio_console_wants_input(&vm.device[VM_CONSOLE])) {
        virtio_console_take_input(&vm.device[VM_CONSOLE]);
        return;
    }
    /* Bounded: the PL011 holds PL011_INPUT bytes. */
    while (pl011_room(&vm.pl011) >= sizeof(bytes)) {
        size_t length = console_read((char *)bytes, sizeof(bytes));

        if (length == 0) {
            input_left = false;
            return;
        }
        pl011_input(&vm.pl011, bytes, length);
    }
    input_left = true;
}

void console_input_wanted(void)
{
    if (input_left)
        console_take_input();
}

static void say(const char *format, va_list arguments)
{
    char line[LOG_LINE_SIZE] = "vmm: ";
    int length = vsnprintf(line + 5, sizeof(line) - 6, format, arguments);

    length = length < 0 ? 0 : length < (int)sizeof(line) - 6 ? length : (int)sizeof(line) - 7;
    line[5 + length] = '\n';
    pl011_flush(&vm.pl011);
    (void)console_write(line, (size_t)length + 6);
}

void log_answer(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void log_line(const char *format, ...)
{
    va_list arguments;

    if (log_lines > LOG_LINES_MAX)
        return;
    if (log_lines++ == LOG_LINES_MAX) {
        log_answer("no more lines about this guest until it starts again");
        return;
    }
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

bool log_first(uint64_t subject)
{
    for (uint32_t i = 0; i < LOG_SUBJECTS && i < log_subjects; i++)
        if (log_subject[i] == subject)
            return false;
    log_subject[log_subjects++ % LOG_SUBJECTS] = subject;
    return true;
}

void log_reset(void)
{
    log_lines = 0;
    log_subjects = 0;
}
