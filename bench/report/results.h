/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a run printed. On its console stand, among anything else and behind a component's name or not, lines
 *
 *   row NAME UNIT MIN MEDIAN MAX
 *   peer NAME VALUE PEER...         the figure of the row's peer, measured in the same run
 *   other NAME VALUE PEER...        a further peer's
 *
 * A row is of the kind that was run; a peer may be that of a row of another kind.
 */
#ifndef BENCH_REPORT_RESULTS_H
#define BENCH_REPORT_RESULTS_H

#include "bench/report/row.h"

/* Reads a console. The file's name up to its first dot is the kind. A file that cannot be read is a mistake. */
void results_read(struct table *table, const char *path);

/* One line of one; `where` begins a message about it. */
void results_line(struct table *table, const struct kind *kind, const char *line, const char *where);

#endif
