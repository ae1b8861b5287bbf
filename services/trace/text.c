/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void finish(char line[TEXT_LINE_MAX])
{
    size_t length = strlen(line);
    unsigned sum = 0;

    for (size_t i = 0; i < length; i++)
        sum += (unsigned char)line[i];
    snprintf(line + length, TEXT_LINE_MAX - length, " *%02x\n", sum & 0xff);
}

void text_begin(char line[TEXT_LINE_MAX], uint64_t frequency, unsigned unit, uint64_t records, const char *system)
{
    snprintf(line, TEXT_LINE_MAX - 8, "#tv %x %" PRIx64 " %x %" PRIx64 " %s", QUOLL_TRACE_VERSION, frequency, unit,
             records, system);
    finish(line);
}

void text_record(char line[TEXT_LINE_MAX], unsigned core, uint64_t number, const struct quoll_trace_record *record)
{
    snprintf(line, TEXT_LINE_MAX - 8, "#tr %x %" PRIx64 " %" PRIx64 " %x %x %" PRIx32 " %" PRIx64 " %" PRIx64, core,
             number, record->time, record->event, record->detail, record->thread, record->a, record->b);
    finish(line);
}

void text_gap(char line[TEXT_LINE_MAX], unsigned core, uint64_t number, uint64_t count)
{
    snprintf(line, TEXT_LINE_MAX - 8, "#tg %x %" PRIx64 " %" PRIx64, core, number, count);
    finish(line);
}

void text_sums(char line[TEXT_LINE_MAX], unsigned core, const struct ring_sums *sums)
{
    snprintf(line, TEXT_LINE_MAX - 8, "#ts %x %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64, core, sums->visits,
             sums->longest, sums->at, sums->cause);
    finish(line);
}

void text_end(char line[TEXT_LINE_MAX], uint64_t records)
{
    snprintf(line, TEXT_LINE_MAX - 8, "#te %" PRIx64, records);
    finish(line);
}
