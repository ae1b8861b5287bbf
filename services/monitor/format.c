/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "format.h"

#include <inttypes.h>
#include <stdio.h>

static const char *scaled(uint64_t value, uint64_t step, const char *const *units, unsigned count, char *text,
                          size_t size)
{
    uint64_t rest = 0;
    unsigned unit = 0;

    while (unit + 1 < count && value >= step) {
        rest = value % step;
        value /= step;
        unit++;
    }
    if (value < 10 && unit > 0)
        snprintf(text, size, "%" PRIu64 ".%" PRIu64 " %s", value, rest * 10 / step, units[unit]);
    else if (value < 100000)
        snprintf(text, size, "%" PRIu64 " %s", value, units[unit]);
    else
        snprintf(text, size, "much");
    return text;
}

const char *format_time(uint64_t ns, char text[FORMAT_TIME_MAX])
{
    static const char *const units[] = {"ns", "us", "ms", "s"};

    return scaled(ns, 1000, units, 4, text, FORMAT_TIME_MAX);
}

const char *format_size(uint64_t bytes, char text[FORMAT_SIZE_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};

    return scaled(bytes, 1024, units, 4, text, FORMAT_SIZE_MAX);
}

static const char *name_in(const char *const *names, unsigned count, uint64_t value)
{
    return value < count ? names[value] : "?";
}

const char *format_thread_state(uint64_t state)
{
    static const char *const names[] = {"new",    "ready", "waiting",   "sleeping", "calling",
                                        "queued", "wfi",   "suspended", "faulted"};

    return name_in(names, sizeof(names) / sizeof(names[0]), state);
}

const char *format_root_state(uint64_t state)
{
    static const char *const names[] = {"stopped", "running", "delayed", "failed"};

    return name_in(names, sizeof(names) / sizeof(names[0]), state);
}

unsigned format_permille(uint64_t part, uint64_t whole)
{
    return whole ? (unsigned)(part * 1000 / whole) : 0;
}
