/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Prints what the control loop measures: a summary now and then, more when asked on the console.
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

static void print(const struct statistics_cell *cell, bool histogram)
{
    struct statistics s = {0};

    if (!statistics_take(cell, &s, TRIES)) {
        puts("the statistics change too fast to be read");
        return;
    }
    print_line(&s);
    if (histogram)
        print_histogram(&s);
}

void component_start(void)
{
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX] = "";

    if (flags & FLAG_SUMMARY)
        print(&region->summary, false);
    if (flags & COMPONENT_FLAG_INPUT) {
        while (console_line(line)) {
            if (strcmp(line, "stats") == 0)
                print(&region->live, true);
            else
                puts("stats: latencies so far, with a histogram");
        }
    }
}
