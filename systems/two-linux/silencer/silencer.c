/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a monitor cannot show, because it is heard through serial alone: serial left stopped for good.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/time.h"
#include "services/root/protocol.h"

#define LOOK_NS UINT64_C(50000000)
#define SECOND  UINT64_C(1000000000)

static uint64_t number; /* serial's */
static uint64_t seconds;
static enum { IDLE, KILLS, WAITS } phase;

static bool ask(struct quoll_message *message)
{
    return quoll_call(COMPONENT_CAP_ROOT, message) == QUOLL_OK && message->word[0] == QUOLL_OK;
}

/* Serial's state; a number that nobody has is the end of the search. */
static bool find(void)
{
    struct quoll_message state = {.word = {ROOT_STATE, 0}};

    for (number = 0; ask(&state); number++) {
        if (strncmp((const char *)&state.word[4], "serial", 4 * sizeof(uint64_t)) == 0)
            return true;
        state = (struct quoll_message){.word = {ROOT_STATE, number + 1}};
    }
    return false;
}

/* Once more each time that it was made again. */
static void kill(void)
{
    struct quoll_message state = {.word = {ROOT_STATE, number}};
    struct quoll_message death = {.word = {ROOT_PROVOKE, number, ROOT_DEATH_FAULT}};

    if (!ask(&state))
        return;
    if (state.word[1] == ROOT_STATE_RUNNING)
        (void)ask(&death);
    if (state.word[1] == ROOT_STATE_FAILED)
        phase = WAITS;
}

static void revive(void)
{
    struct quoll_message start = {.word = {ROOT_START, number}};
    uint64_t dropped = 0;

    printf("nobody reads this line\n");
    dropped = console_dropped();
    phase = IDLE;
    (void)ask(&start);
    time_sleep_until(time_ticks() + time_ns_to_ticks(SECOND));
    printf("serial was left stopped for %lu s, %lu bytes of mine are lost\n", (unsigned long)seconds,
           (unsigned long)dropped);
}

void component_deadline(void)
{
    if (phase == WAITS) {
        revive();
        return;
    }
    kill();
    component_wait_until(time_ticks() + time_ns_to_ticks(phase == WAITS ? seconds * SECOND : LOOK_NS));
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX];

    while ((flags & COMPONENT_FLAG_INPUT) != 0 && console_line(line)) {
        seconds = strtoul(line, NULL, 10);
        phase = KILLS;
        component_wait_until(time_ticks());
    }
}

void component_start(void)
{
    if (!find())
        printf("there is no serial\n");
}
