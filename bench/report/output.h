/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The forms of the report. Each is about the rows of the kinds that are wanted.
 */
#ifndef BENCH_REPORT_OUTPUT_H
#define BENCH_REPORT_OUTPUT_H

#include <stdio.h>

#include "bench/report/row.h"

struct counts {
    unsigned passed, failed; /* rows that were compared */
    unsigned within, over;   /* rows with a target */
};

/* For the terminal; what failed stands below the table once more. */
struct counts output_table(const struct table *table, FILE *file);

/* An array with an object for each row that was printed; figures that are not there are null. */
void output_json(const struct table *table, FILE *file);

/* Bars: ours as a share of the peer's, for each row that has one. */
void output_picture(const struct table *table, FILE *file);

#endif
