/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls the echo server ten times a second and checks every answer. When the server dies, the request that was in
 * flight is kept and made again to its successor: echo is idempotent, so nobody else need know.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "component.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/time.h"
#include "services/echo-server/protocol.h"

enum { INTERVAL_NS = 100000000, RETRY_NS = 20000000, FIRST_REPORT = 100, REPORT_EVERY = 1000 };

static uint64_t answers = 0;
static uint64_t wrong = 0;
static uint64_t again = 0;   /* requests made once more */
static uint64_t request = 0; /* number of the request in flight */
static bool waiting = false; /* the server is gone, the request is kept */

static void print_counts(void)
{
    printf("%" PRIu64 " answers, %" PRIu64 " wrong, %" PRIu64 " submitted again\n", answers, wrong, again);
}

static uint64_t pattern(unsigned i)
{
    return (request * 8 + i) * UINT64_C(0x9e3779b97f4a7c15);
}

static void submit(void)
{
    struct quoll_message message = {0};
    bool same = true;

    for (unsigned i = 1; i <= ECHO_WORDS; i++)
        message.word[i] = pattern(i);
    if (quoll_call(CAP_ECHO_SERVER_ECHO, &message)) {
        if (!waiting)
            printf("the server is gone (request %" PRIu64 ")\n", request);
        waiting = true;
        again++;
        component_wait_until(time_ticks() + time_ns_to_ticks(RETRY_NS));
        return;
    }
    if (waiting)
        printf("the server is back (request %" PRIu64 ")\n", request);
    waiting = false;
    for (unsigned i = 1; i <= ECHO_WORDS; i++)
        same = same && message.word[i] == pattern(i);
    answers++;
    wrong += same ? 0 : 1;
    request++;
    if (answers == 1 || answers == FIRST_REPORT || answers % REPORT_EVERY == 0)
        print_counts();
    component_wait_until(time_ticks() + time_ns_to_ticks(INTERVAL_NS));
}

void component_start(void)
{
    submit();
}

void component_deadline(void)
{
    submit();
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX] = "";

    if (flags & COMPONENT_FLAG_RESTARTED && waiting)
        submit();
    if (flags & COMPONENT_FLAG_INPUT)
        while (console_line(line))
            print_counts();
}
