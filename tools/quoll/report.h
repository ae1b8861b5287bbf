/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The report: what was built, who can reach what, and whether it keeps its deadlines. A file a chapter.
 */
#pragma once

#include "tools/quoll/image.h"

struct report {
    const struct layout *layout;
    const struct tables *tables;
    const struct system *system;
    const struct search *sources;
    struct buffer text;
};

/*
 * Writes the report to `path` (NULL: standard output) and, unless `svg` is NULL, the picture there. Programs' sources
 * are looked for in `sources` to count their lines.
 */
void report_write(const struct layout *layout, const struct search *sources, const char *path, const char *svg);

/* The chapters. */
void report_memory(struct report *report);
void report_capabilities(struct report *report);
void report_assets(struct report *report);
void report_time(struct report *report);

/* Of the chapter on assets: for each service that keeps keys, who could get at them, in lines of code. */
void report_keys(struct report *report);

/* Components with RIGHT_DMA on anything, a bit each. */
uint64_t dma_holders(const struct tables *tables);

/* A picture of components and channels, drawn by Graphviz. */
void svg_write(const struct tables *tables, const char *path);

void report_line(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_title(struct report *report, const char *title);

/* "READ WRITE" */
const char *print_rights(uint32_t rights);
/* "rwx", uncached as "u" */
const char *print_attributes(uint64_t attributes);
const char *print_kind(uint32_t kind);
/* The component's name, or "system". */
const char *owner_name(const struct tables *tables, uint32_t owner);
