/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component that root watches, and that misbehaves when told to.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "services/root/protocol.h"

enum { KICK_NS = 100000000 };

static void kick(void)
{
    watchdog_kick();
    component_wait_until(time_ticks() + time_ns_to_ticks(KICK_NS));
}

/* Never returns; the volatile store keeps the loop in the program. */
static __attribute__((noinline)) void hang(void)
{
    volatile unsigned turns = 0;

    for (;;)
        turns++;
}

static __attribute__((noinline)) void crash(void)
{
    volatile uint32_t *volatile nowhere = (volatile uint32_t *)8;

    *nowhere = 1;
}

/* Uses its own result, so that it stays a recursion. */
static __attribute__((noinline)) unsigned overflow(unsigned depth) // NOLINT(misc-no-recursion)
{
    volatile char page[4000] = {0};

    page[depth % sizeof(page)] = 1;
    return depth == UINT32_MAX ? 0 : overflow(depth + 1) + (unsigned)page[0];
}

/* Asks root for what it may not, without end, and shows that it lives. */
static _Noreturn void flood(void)
{
    for (;;) {
        struct quoll_message message = {.word = {ROOT_POWER}};

        (void)quoll_call(COMPONENT_CAP_ROOT, &message);
        watchdog_kick();
    }
}

static void run(const char *command)
{
    if (strcmp(command, "hang") == 0)
        hang();
    else if (strcmp(command, "crash") == 0)
        crash();
    else if (strcmp(command, "overflow") == 0)
        printf("%u\n", overflow(0));
    else if (strcmp(command, "abort") == 0)
        abort();
    else if (strcmp(command, "assert") == 0)
        assert(command[0] == 'b');
    else if (strcmp(command, "flood") == 0)
        flood();
    else if (strcmp(command, "restart") == 0)
        component_restart();
    else if (strcmp(command, "exit") == 0)
        component_exit(7);
    else
        puts("commands: hang crash overflow abort assert flood restart exit");
}

void component_start(void)
{
    puts("watched; root is told every 100 ms that I live");
    kick();
}

void component_deadline(void)
{
    kick();
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX] = "";

    if (flags & COMPONENT_FLAG_INPUT)
        while (console_line(line))
            run(line);
}
