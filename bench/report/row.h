/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row of the report: what bench/KIND/rows.def declares, what a run printed, what was recorded; and what follows.
 * NAN is a figure that is not there.
 */
#ifndef BENCH_REPORT_ROW_H
#define BENCH_REPORT_ROW_H

#include <stdbool.h>
#include <stddef.h>

enum { KINDS = 8, OTHERS = 8 };

/* A folder of bench/. */
struct kind {
    const char *name;
    double tolerance; /* percent above the recorded figure that is not yet worse */
    bool wanted;      /* this report is about it: its rows must be there */
};

/* A further peer. */
struct other {
    const char *name;
    double value;
};

struct row {
    /* Declared. */
    const char *name, *unit;
    double target; /* at most this, */
    double factor; /* or this times the peer */
    double peer;   /* recorded; a run's own figure takes its place */
    const char *peer_name, *how;
    const struct kind *kind;
    /* Printed by a run. */
    bool printed, peer_measured;
    double minimum, median, maximum;
    struct other others[OTHERS];
    size_t other_count;
    /* From bench/expected. */
    double recorded;
    bool reported_only; /* it scatters: never compared */
};

struct table {
    struct kind kinds[KINDS];
    size_t kind_count;
    struct row *rows;
    size_t row_count;
    unsigned mistakes; /* each has been printed */
};

/* What the comparison with the recorded figure says. */
enum change {
    CHANGE_NONE,
    CHANGE_BETTER,
    CHANGE_WORSE,      /* fails */
    CHANGE_UNRECORDED, /* fails: nothing would notice when it grows */
    CHANGE_MISSING,    /* fails: declared, its kind was run, nothing printed it */
    CHANGE_UNCOMPARED,
};

/* The figure that the row is judged by: the median, or the maximum where the name ends in _max. */
double row_value(const struct row *row);
/* Ours by the peer's. */
double row_ratio(const struct row *row);
double row_target(const struct row *row);
enum change row_change(const struct row *row);

struct row *table_find(const struct table *table, const char *name);
struct kind *table_kind(struct table *table, const char *name);

/* Prints a mistake on stderr and counts it. */
__attribute__((format(printf, 2, 3))) void table_mistake(struct table *table, const char *format, ...);

/* A figure as text: whole, or to three places; "-" if there is none. */
enum { FIGURE_SIZE = 40 };
const char *figure_print(char text[static FIGURE_SIZE], double value);

#endif
