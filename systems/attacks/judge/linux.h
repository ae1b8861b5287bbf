/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The innocent Linux: it is sent a number a line, and answers `=`, three times the number plus one, and the checksum of
 * a file in its memory, for which it has to start two processes.
 */
#pragma once

#include <stdbool.h>

/* Asks the next question when the last one was answered and it is time. */
void linux_ask(void);

/* A line from its console. */
void linux_line(const char *line);

/* It has answered at least once. */
bool linux_lives(void);
