/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The samples of one row at a time.
 */
#pragma once

#include <stdint.h>

enum { FIGURES_MAX = 1024, FIGURES_LINE = 128 };

/* Forgets all samples. */
void figures_clear(void);
/* Those beyond FIGURES_MAX are dropped. */
void figures_add(uint64_t value);
unsigned figures_count(void);
uint64_t figures_least(void);
uint64_t figures_most(void);
/* Fills `line` with `row NAME UNIT MIN MEDIAN MAX\n`, the samples divided by `divisor`; there must be some. */
void figures_row(char line[FIGURES_LINE], const char *name, const char *unit, unsigned divisor);
