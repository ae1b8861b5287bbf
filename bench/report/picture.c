/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bar a row. The column's whole width is FULL times the peer's figure; a line marks the peer, a notch the target.
 */
#include <math.h>
#include <string.h>

#include "bench/report/output.h"

enum { WIDTH = 1120, NAMES = 250, BARS = 480, LINE = 22, HEAD = 96, FOOT = 24 };

static const double FULL = 1.25;

/* Plain colours, and others where the reader prefers a dark page: not every viewer knows variables. */
static const char STYLE[] =
    "<style>\n"
    "text { font: 13px system-ui, sans-serif; fill: #1c2330; }\n"
    ".title { font-size: 18px; font-weight: 600; } .kind { font-weight: 600; }\n"
    ".soft { fill: #667085; } .figure { text-anchor: end; font-variant-numeric: tabular-nums; }\n"
    ".paper { fill: #ffffff; } .track { fill: #e8ebf0; } .good { fill: #2563a8; } .bad { fill: #c2410c; }\n"
    ".peer { stroke: #667085; stroke-width: 2; } .target { stroke: #1c2330; stroke-width: 2; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "text { fill: #e6e9ef; } .soft { fill: #98a2b3; }\n"
    ".paper { fill: #14181f; } .track { fill: #2a313c; } .good { fill: #6fb1f2; } .bad { fill: #fb923c; }\n"
    ".peer { stroke: #98a2b3; } .target { stroke: #e6e9ef; }\n"
    "}\n"
    "</style>\n";

static void write_escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        default:
            fputc(*text, file);
        }
}

static bool is_drawn(const struct row *row)
{
    return row->printed && isfinite(row_ratio(row));
}

static double place(double ratio)
{
    return NAMES + BARS * fmin(ratio, FULL) / FULL;
}

static void draw_row(const struct row *row, double y, FILE *file)
{
    char value[FIGURE_SIZE], peer[FIGURE_SIZE];
    double ratio = row_ratio(row), target = row_target(row);
    bool good = isnan(target) ? ratio <= 1 : row_value(row) <= target;

    fprintf(file, "<text x=\"16\" y=\"%.0f\">", y + 13);
    write_escaped(file, row->name);
    fprintf(file, "</text><rect class=\"track\" x=\"%d\" y=\"%.0f\" width=\"%d\" height=\"14\" rx=\"2\"/>", NAMES,
            y + 2, BARS);
    fprintf(file, "<rect class=\"%s\" x=\"%d\" y=\"%.0f\" width=\"%.1f\" height=\"14\" rx=\"2\"/>",
            good ? "good" : "bad", NAMES, y + 2, fmax(place(ratio) - NAMES, 1.5));
    fprintf(file, "<path class=\"peer\" d=\"M%.1f %.0fv16\"/>", place(1), y + 1);
    if (isfinite(target))
        fprintf(file, "<path class=\"target\" d=\"M%.1f %.0fv5m0 8v5\"/>", place(target / row->peer), y);
    fprintf(file, "<text class=\"figure\" x=\"%d\" y=\"%.0f\">%s</text>", NAMES + BARS + 90, y + 13,
            figure_print(value, row_value(row)));
    fprintf(file, "<text class=\"figure soft\" x=\"%d\" y=\"%.0f\">%s</text>", NAMES + BARS + 180, y + 13,
            figure_print(peer, row->peer));
    fprintf(file, "<text class=\"soft\" x=\"%d\" y=\"%.0f\">", NAMES + BARS + 192, y + 13);
    write_escaped(file, row->peer_name);
    fputs("</text>\n", file);
}

void output_picture(const struct table *table, FILE *file)
{
    const char *heading = "";
    double lines = 0, y = HEAD;

    for (size_t i = 0; i < table->row_count; i++) {
        if (!is_drawn(&table->rows[i]))
            continue;
        lines += strcmp(table->rows[i].kind->name, heading) == 0 ? 1 : 2;
        heading = table->rows[i].kind->name;
    }
    heading = "";
    fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\">\n",
            WIDTH, HEAD + lines * LINE + FOOT, WIDTH, HEAD + lines * LINE + FOOT);
    fprintf(file, "%s<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n", STYLE);
    fprintf(
        file,
        "<text class=\"title\" x=\"16\" y=\"34\">Quoll beside its peers, on the same emulated board</text>\n"
        "<text class=\"soft\" x=\"16\" y=\"58\">A bar is Quoll's figure as a share of the peer's: shorter is better. "
        "The line is the peer, the notches are the target; orange does not reach it.</text>\n"
        "<text class=\"figure\" x=\"%d\" y=\"%d\">Quoll</text><text class=\"figure soft\" x=\"%d\" y=\"%d\">peer</text>\n",
        NAMES + BARS + 90, HEAD - 10, NAMES + BARS + 180, HEAD - 10);
    for (size_t i = 0; i < table->row_count; i++) {
        const struct row *row = &table->rows[i];

        if (!is_drawn(row))
            continue;
        if (strcmp(row->kind->name, heading) != 0) {
            fprintf(file, "<text class=\"kind\" x=\"16\" y=\"%.0f\">%s</text>\n", y + 15, row->kind->name);
            y += LINE;
        }
        heading = row->kind->name;
        draw_row(row, y, file);
        y += LINE;
    }
    fputs("</svg>\n", file);
}
