/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's side of the console protocol (services/serial/protocol.h): bytes of the PL011, and lines of the VMM.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "services/serial/protocol.h"

/* At most CONSOLE_BYTES_MAX bytes for the terminal. Lost when serial is dead. */
void console_output(const uint8_t *data, uint32_t length);

/* Takes input that waits at serial, as much as the PL011 has room for. */
void console_take_input(void);

/* The PL011 has been emptied: takes what had no room before. */
void console_input_wanted(void);

/* A line of the VMM's own, after the guest's unfinished output; at most LOG_LINES_MAX between two starts of a guest. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for what a person asked for, and for a guest's end: not counted. */
void log_answer(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether to log about this at all: true the first time that `subject` comes up, as far as the memory reaches. */
bool log_first(uint64_t subject);

/* The guest starts afresh and may complain again. */
void log_reset(void);
