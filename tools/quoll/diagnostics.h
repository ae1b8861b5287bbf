/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tool says about mistakes: `file:line:column: what, and what to write instead`.
 */
#pragma once

#include <stdbool.h>

/* A place in a description. line 0: the whole file. */
struct position {
    const char *file;
    unsigned line;
    unsigned column;
};

/* Reports a mistake in the description and counts it. After 20 the tool stops. */
void mistake(struct position at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says what may be so on purpose: `file:line:column: warning: ...`. It counts for nothing. */
void warning(struct position at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many mistakes were reported. Phases of the tool compare it before and after. */
unsigned mistake_count(void);

/* A failure that is not the description's: prints `quoll: ...` and exits with status 2. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "; did you mean `x`?" for the candidate nearest to `word`, or "" when none is near. */
const char *nearest(const char *word, const char *const *candidates, unsigned count);

/* "a, b, c" */
const char *join(const char *const *words, unsigned count);
