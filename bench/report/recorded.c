/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/report/recorded.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 512 };

static void read_line(struct table *table, const struct kind *kind, const char *line, const char *path, unsigned number)
{
    char name[64] = "", figure[32] = "", word[16] = "", more[2] = "", *end = NULL;
    int count = sscanf(line, "%63s %31s %15s %1s", name, figure, word, more);
    double value = strtod(figure, &end);
    struct row *row = NULL;

    if (count <= 0 || name[0] == '#')
        return;
    if (count < 2 || count > 3 || *end != '\0' || !isfinite(value) || (count == 3 && strcmp(word, "reported") != 0))
        return table_mistake(table, "%s:%u: not 'NAME FIGURE' or 'NAME FIGURE reported'", path, number);
    row = table_find(table, name);
    if (row == NULL || row->kind != kind)
        return table_mistake(table, "%s:%u: bench/%s/rows.def does not declare %s", path, number, kind->name, name);
    if (!isnan(row->recorded))
        return table_mistake(table, "%s:%u: %s is there twice", path, number, name);
    row->recorded = value;
    row->reported_only = count == 3;
}

static void read_kind(struct table *table, const struct kind *kind, const char *folder)
{
    char path[PATH_SIZE], *line = NULL;
    size_t size = 0;
    unsigned number = 0;
    FILE *file = NULL;

    snprintf(path, sizeof path, "%s/%s", folder, kind->name);
    file = fopen(path, "r");
    if (file == NULL) {
        if (errno != ENOENT)
            table_mistake(table, "%s: %s", path, strerror(errno));
        return;
    }
    while (getline(&line, &size, file) > 0)
        read_line(table, kind, line, path, ++number);
    free(line);
    fclose(file);
}

void recorded_read(struct table *table, const char *folder)
{
    for (size_t i = 0; i < table->kind_count; i++)
        if (table->kinds[i].wanted)
            read_kind(table, &table->kinds[i], folder);
}

static void write_kind(struct table *table, const struct kind *kind, const char *folder)
{
    char path[PATH_SIZE];
    FILE *file = NULL;

    snprintf(path, sizeof path, "%s/%s", folder, kind->name);
    file = fopen(path, "w");
    if (file == NULL)
        return table_mistake(table, "%s: %s", path, strerror(errno));
    /* REUSE-IgnoreStart */
    fprintf(
        file,
        "# SPDX-License-Identifier: Apache-2.0\n# SPDX-FileCopyrightText: The Quoll authors\n#\n"
        "# Figures that `make bench` compares with; written by `make bench-accept`. More than %g %% above is worse.\n",
        kind->tolerance);
    /* REUSE-IgnoreEnd */
    for (size_t i = 0; i < table->row_count; i++)
        if (table->rows[i].kind == kind && !isnan(table->rows[i].recorded))
            fprintf(file, "%s %.12g%s\n", table->rows[i].name, table->rows[i].recorded,
                    table->rows[i].reported_only ? " reported" : "");
    if (fclose(file) != 0)
        table_mistake(table, "%s: cannot be written", path);
}

void recorded_write(struct table *table, const char *folder, const char *only)
{
    if (only != NULL && (table_find(table, only) == NULL || !table_find(table, only)->printed))
        return table_mistake(table, "no run printed a row '%s'", only);
    if (table->mistakes > 0)
        return table_mistake(table, "nothing is recorded of a run with mistakes");
    for (size_t i = 0; i < table->row_count; i++)
        if (table->rows[i].printed && (only == NULL || strcmp(only, table->rows[i].name) == 0))
            table->rows[i].recorded = row_value(&table->rows[i]);
    for (size_t i = 0; i < table->kind_count; i++)
        if (table->kinds[i].wanted)
            write_kind(table, &table->kinds[i], folder);
}
