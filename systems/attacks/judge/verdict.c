/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A release of the control loop may be this late at most, whatever happens. */
enum { WORST_NS = 20000, REASONS = 256 };

static uint64_t checksum; /* of the victim's memory, as the first turn found it */

static void add(char *why, const char *reason, bool applies)
{
    if (!applies)
        return;
    if (why[0] != '\0')
        strcat(why, ",");
    strcat(why, reason);
}

static void find_reasons(const struct outcome *outcome, const struct window *window, char why[REASONS])
{
    if (checksum == 0)
        checksum = window->checksum;
    add(why, "control-loop-late", window->worst > WORST_NS);
    add(why, "control-loop-missed", window->missed != 0);
    add(why, "control-loop-stands", window->releases == 0);
    add(why, "victim-changed", window->wrong != 0 || window->checksum != checksum);
    add(why, "victim-stands", window->rounds == 0);
    add(why, "linux-silent", window->answers == 0);
    add(why, "linux-wrong", window->wrong_answers != 0);
    add(why, "memory-lost", outcome->lost != 0);
    add(why, "attacker-gone", outcome->gone);
    add(why, "others-not-made-again", outcome->others_not_made);
    add(why, "leak", outcome->leaks != 0);
    add(why, "nothing-done", outcome->operations == 0);
}

bool verdict(const struct outcome *outcome, const struct window *window)
{
    char why[REASONS] = "";

    find_reasons(outcome, window, why);
    bool passed = strcmp(why, outcome->expected) == 0;

    printf("%s %s seed=%" PRIu64 " operations=%" PRIu64 " lives=%u jitter=%" PRIu64 ".%" PRIu64 "us missed=%" PRIu64
           " releases=%" PRIu64 " victim=%08x rounds=%" PRIu64 " wrong=%" PRIu64 " linux=%" PRIu64 " slowest=%" PRIu64
           "ms memory=%" PRId64 "%s%s",
           passed ? "PASS" : "FAIL", outcome->name, outcome->seed, outcome->operations, outcome->lives,
           window->worst / 1000, window->worst % 1000 / 100, window->missed, window->releases,
           (unsigned)window->checksum, window->rounds, window->wrong, window->answers, window->slowest / 1000000,
           outcome->lost, why[0] == '\0' ? "" : " because=", why);
    if (!passed && outcome->expected[0] != '\0')
        printf(" expected=%s", outcome->expected);
    if (outcome->leaks != 0)
        printf(" leaks=%" PRIu64 " first=%" PRIu64, outcome->leaks, outcome->leak_kind);
    putchar('\n');
    return passed;
}
