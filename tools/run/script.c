/*
 * SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Quoll authors
 *
 * Reads scenarios. A line is: a word, then what that word wants; see tools/run/README.md.
 */
#include "script.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double DEFAULT_SECONDS = 60;

struct reader {
    const char *file;
    int line;
    double timeout;
    double patience; /* all times are multiplied by this, for slow machines */
};

static bool mistake(const struct reader *reader, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", reader->file, reader->line, what);
    return false;
}

static void skip_blanks(const char **at)
{
    while (isspace((unsigned char)**at))
        (*at)++;
}

/* Takes `word` if it comes next. */
static bool accept(const char **at, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*at, word, length) != 0 || isalnum((unsigned char)(*at)[length]))
        return false;
    *at += length;
    skip_blanks(at);
    return true;
}

static bool read_seconds(const struct reader *reader, const char **at, double *seconds)
{
    char *end = NULL;

    errno = 0;
    *seconds = strtod(*at, &end);
    if (end == *at || errno || *seconds < 0 || *end != 's')
        return mistake(reader, "expected a time in seconds, such as 30s");
    *at = end + 1;
    skip_blanks(at);
    return true;
}

static char unescape(const char **at)
{
    char c = *(*at)++;

    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'e':
        return '\033';
    case 'x': {
        char digits[3] = {(*at)[0], (*at)[0] ? (*at)[1] : '\0', '\0'};
        char *end = NULL;
        unsigned long value = strtoul(digits, &end, 16);
        *at += end - digits;
        return (char)value;
    }
    default:
        return c;
    }
}

/* Reads "text" with escapes, or /regex/ in which only \/ is special to us. */
static bool read_pattern(const struct reader *reader, const char **at, struct pattern *pattern)
{
    char quote = **at;

    if (quote != '"' && quote != '/')
        return mistake(reader, "expected \"text\" or /regular expression/");
    pattern->is_regex = quote == '/';
    pattern->text = calloc(1, strlen(*at) + 1);
    if (!pattern->text)
        return mistake(reader, "out of memory");
    for ((*at)++; **at && **at != quote;) {
        char c = *(*at)++;
        if (c == '\\' && **at && (!pattern->is_regex || **at == '/'))
            c = unescape(at);
        pattern->text[pattern->length++] = c;
    }
    if (**at != quote)
        return mistake(reader, "the closing quote is missing");
    (*at)++;
    skip_blanks(at);
    if (pattern->is_regex && regcomp(&pattern->regex, pattern->text, REG_EXTENDED | REG_NEWLINE) != 0)
        return mistake(reader, "not a POSIX extended regular expression");
    if (pattern->length == 0)
        return mistake(reader, "an empty pattern");
    return true;
}

static bool read_set(const struct reader *reader, const char **at, struct step *step)
{
    size_t length = strcspn(*at, " \t");

    step->name = strndup(*at, length);
    *at += length;
    skip_blanks(at);
    step->pattern.text = strdup(*at);
    if (length == 0 || !step->name || !step->pattern.text || !**at)
        return mistake(reader, "expected: set NAME VALUE");
    *at += strlen(*at);
    return true;
}

static bool read_step(struct reader *reader, const char *at, struct step *step)
{
    bool good = true;

    step->seconds = reader->timeout;
    if (accept(&at, "expect")) {
        step->kind = STEP_EXPECT;
        good = read_pattern(reader, &at, &step->pattern);
    } else if (accept(&at, "send")) {
        step->kind = STEP_SEND;
        good = read_pattern(reader, &at, &step->pattern);
    } else if (accept(&at, "never")) {
        step->kind = STEP_NEVER;
        good = read_pattern(reader, &at, &step->pattern);
    } else if (accept(&at, "during")) {
        step->kind = STEP_DURING;
        good = read_seconds(reader, &at, &step->seconds);
    } else if (accept(&at, "exit")) {
        step->kind = STEP_EXIT;
    } else if (accept(&at, "set")) {
        step->kind = STEP_SET;
        good = read_set(reader, &at, step);
    } else {
        return mistake(reader, "expected one of: expect send never during exit set timeout");
    }
    if (good && (step->kind == STEP_EXPECT || step->kind == STEP_EXIT) && accept(&at, "within"))
        good = read_seconds(reader, &at, &step->seconds);
    step->seconds *= reader->patience;
    if (good && *at)
        return mistake(reader, "the line goes on after its end");
    return good;
}

static bool add_line(struct script *script, struct reader *reader, char *line)
{
    const char *at = line;

    line[strcspn(line, "\n")] = '\0';
    for (size_t length = strlen(line); length > 0 && isspace((unsigned char)line[length - 1]); length--)
        line[length - 1] = '\0';
    skip_blanks(&at);
    if (!*at || *at == '#')
        return true;
    if (accept(&at, "timeout"))
        return read_seconds(reader, &at, &reader->timeout);

    struct step *grown = realloc(script->steps, (script->count + 1) * sizeof(*grown));
    if (!grown)
        return mistake(reader, "out of memory");
    script->steps = grown;
    struct step *step = &script->steps[script->count++];
    *step = (struct step){.line = reader->line, .source = strdup(at)};
    return read_step(reader, at, step);
}

bool script_read(struct script *script, const char *file)
{
    const char *patience = getenv("QUOLL_PATIENCE");
    struct reader reader = {.file = file, .timeout = DEFAULT_SECONDS, .patience = 1};
    FILE *stream = fopen(file, "r");
    char *line = NULL;
    size_t size = 0;
    bool good = true;

    if (!stream) {
        fprintf(stderr, "%s: %s\n", file, strerror(errno));
        return false;
    }
    if (patience && strtod(patience, NULL) > 0)
        reader.patience = strtod(patience, NULL);
    script->name = file;
    while (good && getline(&line, &size, stream) >= 0) {
        reader.line++;
        good = add_line(script, &reader, line);
    }
    free(line);
    fclose(stream);
    if (good && script->count == 0)
        good = mistake(&reader, "a scenario without a step");
    return good;
}

bool pattern_find(const struct pattern *pattern, const char *all, size_t from, size_t *end)
{
    const char *text = all + from;

    if (pattern->is_regex) {
        regmatch_t match = {0};
        int flags = from > 0 && all[from - 1] != '\n' ? REG_NOTBOL : 0;
        if (regexec(&pattern->regex, text, 1, &match, flags) != 0)
            return false;
        *end = (size_t)match.rm_eo;
        return true;
    }
    const char *found = strstr(text, pattern->text);
    if (!found)
        return false;
    *end = (size_t)(found - text) + pattern->length;
    return true;
}
