/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Prints what the control loop measures: one summary when it begins, more when a release was missed or somebody asks on
 * the console. Otherwise it is quiet: people type beside it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "component.h"
#include "rt/component.h"
#include "rt/console.h"
#include "services/control-loop/statistics.h"

enum { TRIES = 100, NS_PER_US = 1000 };

static const struct statistics_region *const region = (const struct statistics_region *)CONTROL_STATISTICS_ADDRESS;

static void print_us(const char *name, uint64_t ns)
{
    printf("%s %" PRIu64 ".%" PRIu64 " us, ", name, ns / NS_PER_US, ns % NS_PER_US / (NS_PER_US / 10));
}

static void print_line(const struct statistics *s)
{
    printf("%" PRIu64 " releases, ", s->releases);
    print_us("min", s->minimum);
    print_us("mean", statistics_mean(s));
    print_us("max", s->maximum);
    printf("%" PRIu64 " missed\n", s->missed);
}

static void print_histogram(const struct statistics *s)
{
    uint64_t from = 0;

    for (unsigned i = 0; i < STATISTICS_BUCKETS; i++) {
        uint64_t edge = statistics_edge(i);

        if (s->bucket[i] && edge)
            printf("  %6" PRIu64 " .. %6" PRIu64 " us  %" PRIu64 "\n", from, edge, s->bucket[i]);
        else if (s->bucket[i])
            printf("  %6" PRIu64 " us and more   %" PRIu64 "\n", from, s->bucket[i]);
        from = edge;
    }
}

static bool take(const struct statistics_cell *cell, struct statistics *s)
{
    bool taken = statistics_take(cell, s, TRIES);

    if (!taken)
        puts("the statistics change too fast to be read");
    return taken;
}

static void print_summary(void)
{
    static bool begun = false;
    static uint64_t missed = 0;
    struct statistics s = {0};

    if (!take(&region->summary, &s) || (begun && s.missed == missed))
        return;
    begun = true;
    missed = s.missed;
    print_line(&s);
}

static void print_all(void)
{
    struct statistics s = {0};

    if (!take(&region->live, &s))
        return;
    print_line(&s);
    print_histogram(&s);
}

void component_start(void)
{
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX] = "";

    if (flags & FLAG_SUMMARY)
        print_summary();
    if (flags & COMPONENT_FLAG_INPUT) {
        while (console_line(line)) {
            if (strcmp(line, "stats") == 0)
                print_all();
            else
                puts("stats: latencies so far, with a histogram");
        }
    }
}
