/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <string.h>

#include "bench/report/output.h"

static void write_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < ' ')
            fprintf(file, "\\u%04x", c);
        else
            fputc(c, file);
    }
    fputc('"', file);
}

static void write_text(FILE *file, const char *name, const char *text)
{
    fprintf(file, "\"%s\": ", name);
    if (text[0] == '\0')
        fputs("null", file);
    else
        write_string(file, text);
}

static void write_figure(FILE *file, const char *name, double value)
{
    fprintf(file, ", \"%s\": ", name);
    if (isfinite(value))
        fprintf(file, "%.12g", value);
    else
        fputs("null", file);
}

static void write_row(const struct row *row, FILE *file)
{
    double target = row_target(row);

    fputs("  {", file);
    write_text(file, "name", row->name);
    fputs(", ", file);
    write_text(file, "unit", row->unit);
    write_figure(file, "quoll", row_value(row));
    write_figure(file, "peer", row->peer);
    fputs(", ", file);
    write_text(file, "peer_name", isnan(row->peer) ? "" : row->peer_name);
    write_figure(file, "ratio", row_ratio(row));
    fputs(", ", file);
    write_text(file, "how", row->how);
    fputs(",\n   ", file);
    write_text(file, "kind", row->kind->name);
    write_figure(file, "min", row->minimum);
    write_figure(file, "median", row->median);
    write_figure(file, "max", row->maximum);
    write_figure(file, "target", target);
    fprintf(file, ", \"within\": %s", isnan(target) ? "null" : row_value(row) <= target ? "true" : "false");
    write_figure(file, "recorded", row->recorded);
    fprintf(file, ", \"peer_measured\": %s, \"others\": [", row->peer_measured ? "true" : "false");
    for (size_t i = 0; i < row->other_count; i++) {
        fputs(i > 0 ? ", {" : "{", file);
        write_text(file, "name", row->others[i].name);
        write_figure(file, "value", row->others[i].value);
        fputc('}', file);
    }
    fputs("]}", file);
}

void output_json(const struct table *table, FILE *file)
{
    const char *separator = "[\n";

    for (size_t i = 0; i < table->row_count; i++) {
        if (!table->rows[i].printed)
            continue;
        fputs(separator, file);
        separator = ",\n";
        write_row(&table->rows[i], file);
    }
    fputs(separator[0] == '[' ? "[]\n" : "\n]\n", file);
}
