/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BENCH_REPORT_DECLARED_H
#define BENCH_REPORT_DECLARED_H

#include "bench/report/row.h"

/* The rows of bench/rows.def, in its order. A name that is declared twice is a mistake. */
void declared_rows(struct table *table);

#endif
