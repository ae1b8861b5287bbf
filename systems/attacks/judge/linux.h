/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The innocent Linux: it is sent a number a line, and answers `=`, three times the number plus one, and the checksum of
 * a file in its memory, for which it has to start two processes. A second number on the line has it sleep before.
 */
#pragma once

#include <stdbool.h>

/* Asks the next question when the last one was answered and it is time. */
void linux_ask(void);

/* A line from its console. */
void linux_line(const char *line);

/* It has answered at least once. */
bool linux_lives(void);

/* What it is made to do, by questions that are other than what the judge believes to have asked (provoke.c). */
enum linux_way { LINUX_WORKS, LINUX_SLEEPS, LINUX_ERRS };

void linux_mislead(enum linux_way way);

/* It was asked so; when it shall work, it has answered so. */
bool linux_is_misled(void);
