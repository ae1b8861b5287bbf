/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Root's log: a ring of lines in its own memory. Positions count all bytes ever written; old ones are overwritten.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "component.h"

enum {
    LOG_SIZE = COMPONENT_COUNT < 15 ? (2 + 2 * COMPONENT_COUNT) * 1024 : 32 * 1024,
    LOG_LINE_MAX = 200,
};

/* Appends a line, with the time in front and a newline behind. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* Bytes ever written. */
uint64_t log_end(void);

/*
 * Copies up to `size` bytes from `position`, or from the oldest byte kept if that is later. Answers how many, and in
 * `start` where the first of them stood.
 */
size_t log_read(uint64_t position, char *buffer, size_t size, uint64_t *start);
