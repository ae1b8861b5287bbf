/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/report/row.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

double row_value(const struct row *row)
{
    static const char SUFFIX[] = "_max";
    size_t length = strlen(row->name), suffix = strlen(SUFFIX);

    if (!row->printed)
        return NAN;
    return length > suffix && strcmp(row->name + length - suffix, SUFFIX) == 0 ? row->maximum : row->median;
}

double row_ratio(const struct row *row)
{
    return row->peer > 0 ? row_value(row) / row->peer : NAN;
}

double row_target(const struct row *row)
{
    return isnan(row->factor) ? row->target : row->factor * row->peer;
}

enum change row_change(const struct row *row)
{
    /* Figures go through decimal text in bench/expected. */
    double rounding = 1e-9 * fabs(row->recorded);

    if (!row->printed)
        return CHANGE_MISSING;
    if (row->reported_only)
        return CHANGE_UNCOMPARED;
    if (isnan(row->recorded))
        return CHANGE_UNRECORDED;
    if (row_value(row) > row->recorded * (1 + row->kind->tolerance / 100) + rounding)
        return CHANGE_WORSE;
    return row_value(row) < row->recorded * (1 - row->kind->tolerance / 100) - rounding ? CHANGE_BETTER : CHANGE_NONE;
}

struct row *table_find(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->row_count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

struct kind *table_kind(struct table *table, const char *name)
{
    for (size_t i = 0; i < table->kind_count; i++)
        if (strcmp(table->kinds[i].name, name) == 0)
            return &table->kinds[i];
    return NULL;
}

void table_mistake(struct table *table, const char *format, ...)
{
    va_list arguments;

    table->mistakes++;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

const char *figure_print(char text[static FIGURE_SIZE], double value)
{
    if (!isfinite(value))
        return strcpy(text, "-");
    snprintf(text, FIGURE_SIZE, value == floor(value) ? "%.0f" : "%.3f", value);
    return text;
}
