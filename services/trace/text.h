/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A trace as lines of text, for a console (docs/reference/trace.md has the format). Each line names its kind, has
 * hexadecimal numbers, and ends with a sum over its bytes, so that whoever reads it notices what a console lost.
 */
#pragma once

#include "abi/trace.h"
#include "ring.h"

enum { TEXT_LINE_MAX = 128 };

/* What comes first: the trace's version, ticks a second, unit of stretches, how many records follow, whose system. */
void text_begin(char line[TEXT_LINE_MAX], uint64_t frequency, unsigned unit, uint64_t records, const char *system);
void text_record(char line[TEXT_LINE_MAX], unsigned core, uint64_t number, const struct quoll_trace_record *record);
/* `count` records before `number` were overwritten before they were read. */
void text_gap(char line[TEXT_LINE_MAX], unsigned core, uint64_t number, uint64_t count);
void text_sums(char line[TEXT_LINE_MAX], unsigned core, const struct ring_sums *sums);
void text_end(char line[TEXT_LINE_MAX], uint64_t records);
