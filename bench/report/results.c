/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/report/results.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 6 };

/* A line in words; the last one holds the rest of the line. */
struct words {
    char *word[WORDS];
    unsigned count;
};

static void split(char *line, unsigned limit, struct words *words)
{
    char *at = line;

    *words = (struct words){0};
    while (words->count < limit) {
        at += strspn(at, " \t");
        if (*at == '\0')
            return;
        words->word[words->count++] = at;
        if (words->count == limit)
            return;
        at += strcspn(at, " \t");
        if (*at != '\0')
            *at++ = '\0';
    }
}

/* Drops what a terminal would not show: carriage returns and escape sequences, and blanks at the end. */
static void clean(char *line)
{
    char *to = line;

    for (const char *from = line; *from != '\0'; from++) {
        if (from[0] == '\033' && from[1] == '[') {
            from += 2;
            from += strcspn(from, "ABCDEFGHJKSTfhlmnsu");
            if (*from == '\0')
                break;
        } else if (*from != '\r' && *from != '\n') {
            *to++ = *from;
        }
    }
    while (to > line && to[-1] == ' ')
        to--;
    *to = '\0';
}

/* Where the line's first word begins, behind a component's name: "monitor| row ...". */
static char *behind_prefix(char *line)
{
    size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return length > 0 && strncmp(line + length, "| ", 2) == 0 ? line + length + 2 : line;
}

static bool read_number(const char *text, double *value)
{
    char *end = NULL;

    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value) && *value >= 0;
}

static struct row *find_row(struct table *table, const struct kind *kind, const char *name, const char *where)
{
    struct row *row = table_find(table, name);

    if (row == NULL)
        table_mistake(table, "%s: nobody declares the row %s; do so in bench/%s/rows.def", where, name, kind->name);
    return row;
}

static void read_row(struct table *table, const struct kind *kind, char *line, const char *where)
{
    struct words words;
    struct row *row = NULL;
    double minimum = NAN, median = NAN, maximum = NAN;

    split(line, WORDS, &words);
    if (words.count != WORDS || !read_number(words.word[3], &minimum) || !read_number(words.word[4], &median) ||
        !read_number(words.word[5], &maximum))
        return table_mistake(table, "%s: not 'row NAME UNIT MIN MEDIAN MAX' with three figures from 0 up", where);
    row = find_row(table, kind, words.word[1], where);
    if (row == NULL)
        return;
    if (row->kind != kind)
        return table_mistake(table, "%s: %s is declared in bench/%s/rows.def; move it to bench/%s/rows.def", where,
                             row->name, row->kind->name, kind->name);
    if (row->printed)
        return table_mistake(table, "%s: %s has been printed before", where, row->name);
    if (strcmp(row->unit, words.word[2]) != 0)
        return table_mistake(table, "%s: %s is declared in %s, not %s", where, row->name, row->unit, words.word[2]);
    if (minimum > median || median > maximum)
        return table_mistake(table, "%s: %s is not in order of size", where, row->name);
    row->printed = true;
    row->minimum = minimum;
    row->median = median;
    row->maximum = maximum;
}

static void read_peer(struct table *table, const struct kind *kind, char *line, const char *where)
{
    struct words words;
    struct row *row = NULL;
    double value = NAN;
    bool other = line[0] == 'o';
    char *name = NULL;

    split(line, 4, &words);
    if (words.count != 4 || !read_number(words.word[2], &value))
        return table_mistake(table, "%s: not '%s NAME VALUE PEER' with a figure from 0 up", where,
                             other ? "other" : "peer");
    row = find_row(table, kind, words.word[1], where);
    if (row == NULL)
        return;
    if (other ? row->other_count == OTHERS : row->peer_measured)
        return table_mistake(table, "%s: %s has %s", where, row->name, other ? "too many peers" : "a peer already");
    name = strdup(words.word[3]);
    if (name == NULL)
        abort();
    if (other) {
        row->others[row->other_count++] = (struct other){.name = name, .value = value};
        return;
    }
    row->peer_measured = true;
    row->peer = value;
    row->peer_name = name;
}

void results_line(struct table *table, const struct kind *kind, const char *line, const char *where)
{
    char *copy = strdup(line), *start = NULL;

    if (copy == NULL)
        abort();
    clean(copy);
    start = behind_prefix(copy);
    if (strncmp(start, "row ", 4) == 0)
        read_row(table, kind, start, where);
    else if (strncmp(start, "peer ", 5) == 0 || strncmp(start, "other ", 6) == 0)
        read_peer(table, kind, start, where);
    free(copy);
}

void results_read(struct table *table, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = strdup(slash != NULL ? slash + 1 : path), *line = NULL, where[256];
    const struct kind *kind = NULL;
    size_t size = 0;
    unsigned number = 0;
    FILE *file = fopen(path, "r");

    if (name == NULL)
        abort();
    name[strcspn(name, ".")] = '\0';
    kind = table_kind(table, name);
    if (file == NULL)
        table_mistake(table, "%s: %s", path, strerror(errno));
    else if (kind == NULL)
        table_mistake(table, "%s: bench/rows.def has no kind '%s'", path, name);
    while (file != NULL && kind != NULL && getline(&line, &size, file) > 0) {
        snprintf(where, sizeof where, "%s:%u", path, ++number);
        results_line(table, kind, line, where);
    }
    if (file != NULL)
        fclose(file);
    free(line);
    free(name);
}
