/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "bench/report/output.h"

static const char *verdict(const struct row *row)
{
    double target = row_target(row);

    if (isnan(target) || !row->printed)
        return "";
    return row_value(row) <= target ? "ok" : "over";
}

static const char *change_print(char text[static FIGURE_SIZE], const struct row *row)
{
    switch (row_change(row)) {
    case CHANGE_MISSING:
        return "MISSING";
    case CHANGE_UNRECORDED:
        return "NOT RECORDED";
    case CHANGE_UNCOMPARED:
        return "reported only";
    default:
        break;
    }
    if (row_value(row) == row->recorded)
        return "=";
    snprintf(text, FIGURE_SIZE, "%+.4g%s", row_value(row) - row->recorded,
             row_change(row) == CHANGE_WORSE ? " WORSE" : "");
    return text;
}

static void print_row(const struct row *row, FILE *file)
{
    char minimum[FIGURE_SIZE], median[FIGURE_SIZE], maximum[FIGURE_SIZE], peer[FIGURE_SIZE], ratio[FIGURE_SIZE],
        target[FIGURE_SIZE], change[FIGURE_SIZE];

    fprintf(file, "  %-31s %-12s %11s %11s %11s %11s %7s %11s %-5s%s\n", row->name, row->unit,
            figure_print(minimum, row->printed ? row->minimum : NAN),
            figure_print(median, row->printed ? row->median : NAN),
            figure_print(maximum, row->printed ? row->maximum : NAN), figure_print(peer, row->peer),
            figure_print(ratio, row_ratio(row)), figure_print(target, row_target(row)), verdict(row),
            change_print(change, row));
}

static void explain(const struct row *row, FILE *file)
{
    char value[FIGURE_SIZE], recorded[FIGURE_SIZE];

    switch (row_change(row)) {
    case CHANGE_WORSE:
        fprintf(file, "WORSE: %s is %s, recorded is %s (bench/expected/%s)\n", row->name,
                figure_print(value, row_value(row)), figure_print(recorded, row->recorded), row->kind->name);
        break;
    case CHANGE_MISSING:
        fprintf(file, "MISSING: %s is declared in bench/%s/rows.def and no run printed it\n", row->name,
                row->kind->name);
        break;
    case CHANGE_UNRECORDED:
        fprintf(file, "NOT RECORDED: %s; `make bench-accept` writes bench/expected/%s\n", row->name, row->kind->name);
        break;
    default:
        break;
    }
}

static void count(const struct row *row, struct counts *counts)
{
    enum change change = row_change(row);

    if (change == CHANGE_WORSE || change == CHANGE_MISSING || change == CHANGE_UNRECORDED)
        counts->failed++;
    else
        counts->passed++;
    if (!row->printed || isnan(row_target(row)))
        return;
    if (row_value(row) <= row_target(row))
        counts->within++;
    else
        counts->over++;
}

struct counts output_table(const struct table *table, FILE *file)
{
    struct counts counts = {0};
    const struct kind *kind = NULL;

    fprintf(file, "  %-31s %-12s %11s %11s %11s %11s %7s %11s %-5s%s\n", "row", "unit", "min", "median", "max", "peer",
            "ratio", "target", "", "against recorded");
    for (size_t i = 0; i < table->row_count; i++) {
        const struct row *row = &table->rows[i];

        if (!row->kind->wanted)
            continue;
        if (row->kind != kind)
            fprintf(file, "%s\n", row->kind->name);
        kind = row->kind;
        print_row(row, file);
        count(row, &counts);
    }
    for (size_t i = 0; i < table->row_count; i++)
        if (table->rows[i].kind->wanted)
            explain(&table->rows[i], file);
    return counts;
}
