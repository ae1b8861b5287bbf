/*
 * SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Quoll authors
 *
 * A scenario as read from its file: a list of steps, in order.
 */
#ifndef TOOLS_RUN_SCRIPT_H
#define TOOLS_RUN_SCRIPT_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum step_kind { STEP_EXPECT, STEP_SEND, STEP_NEVER, STEP_DURING, STEP_EXIT, STEP_SET };

struct pattern {
    char *text; /* literal text, escapes resolved; or the regular expression's source */
    size_t length;
    bool is_regex;
    regex_t regex;
};

struct step {
    enum step_kind kind;
    int line;
    char *source;   /* the line as written, for messages */
    char *name;     /* of a STEP_SET */
    double seconds; /* STEP_EXPECT, STEP_DURING, STEP_EXIT */
    struct pattern pattern;
};

struct script {
    const char *name;
    struct step *steps;
    size_t count;
};

/* Reads a scenario; on a mistake prints file:line: what, and returns false. What it allocates lives on. */
bool script_read(struct script *script, const char *file);

/* Finds the first match in a text from an index on; *end is where it ends, counted from there. */
bool pattern_find(const struct pattern *pattern, const char *all, size_t from, size_t *end);

#endif
