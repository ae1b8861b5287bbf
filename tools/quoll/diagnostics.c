/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Messages and spelling suggestions. The count of mistakes is the only state: it decides the exit status.
 */
#include "tools/quoll/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/quoll/arena.h"

enum { MISTAKES_SHOWN = 20, WORD_MAX = 64 };

static unsigned mistakes = 0;

static void say(struct position at, const char *kind, const char *format, va_list arguments)
{
    fprintf(stderr, "%s:%u:%u: %s", at.file, at.line, at.column, kind);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void warning(struct position at, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(at, "warning: ", format, arguments);
    va_end(arguments);
}

void mistake(struct position at, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(at, "", format, arguments);
    va_end(arguments);
    if (++mistakes >= MISTAKES_SHOWN) {
        fprintf(stderr, "quoll: %u mistakes, stopping here\n", mistakes);
        arena_free();
        exit(1);
    }
}

unsigned mistake_count(void)
{
    return mistakes;
}

void fail(const char *format, ...)
{
    va_list arguments;

    fputs("quoll: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    arena_free();
    exit(2);
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein distance of two words of at most WORD_MAX bytes. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1] = {0};
    size_t length = strlen(b);

    if (strlen(a) > WORD_MAX || length > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= length; j++) {
            unsigned above = row[j];

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

const char *nearest(const char *word, const char *const *candidates, unsigned count)
{
    const char *best = NULL;
    unsigned least = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned away = distance(word, candidates[i]);

        if (best == NULL || away < least) {
            best = candidates[i];
            least = away;
        }
    }
    if (best == NULL || least > 1 + strlen(word) / 3)
        return "";
    return arena_print("; did you mean `%s`?", best);
}

const char *join(const char *const *words, unsigned count)
{
    const char *text = "";

    for (unsigned i = 0; i < count; i++)
        text = arena_print("%s%s%s", text, i == 0 ? "" : ", ", words[i]);
    return text;
}
