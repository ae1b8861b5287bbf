/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * printf and puts, line by line, to the component's console (serial); its input. All of it copes with a serial that is
 * dead or being made again: output is tried for CONSOLE_PATIENCE at most and then dropped until serial is back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sends `size` bytes; answers how many went out. */
size_t console_write(const char *buffer, size_t size);

/* Takes input that is waiting, without blocking; to be called when COMPONENT_FLAG_INPUT came. Answers its length. */
size_t console_read(char *buffer, size_t size);

/*
 * Puts input together to lines, with echo and backspace. To be called until it is false when COMPONENT_FLAG_INPUT came:
 * each time it is true, `line` (CONSOLE_LINE_MAX bytes) holds one, without its end.
 */
bool console_line(char *line);
enum { CONSOLE_LINE_MAX = 80 };

/* The event loop's: a peer was made again, so perhaps serial is back. */
void console_peer_restarted(void);

/* Bytes dropped because nobody took them. */
uint64_t console_dropped(void);
