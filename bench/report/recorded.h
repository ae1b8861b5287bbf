/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * bench/expected: a file a kind, a line a row: its name, its figure, and `reported` where it is not to be compared.
 */
#ifndef BENCH_REPORT_RECORDED_H
#define BENCH_REPORT_RECORDED_H

#include "bench/report/row.h"

/* Reads the files of the kinds that are wanted. A kind without one has nothing recorded. */
void recorded_read(struct table *table, const char *folder);

/* Writes them, with what the runs printed in place of what was there; only the row `only`, unless it is NULL.
 * Nothing at all if there have been mistakes. */
void recorded_write(struct table *table, const char *folder, const char *only);

#endif
