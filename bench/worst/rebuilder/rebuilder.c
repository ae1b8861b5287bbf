/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Has another component made again as soon as it runs, without end.
 */
#include <string.h>

#include "component.h"

#include "abi/plan.h"
#include "bench/worst/measured.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/root/protocol.h"

enum { POLL_NS = 500000, COMPONENTS = 60 };

static uint32_t victim = 0;

static bool ask(struct quoll_message *message)
{
    return quoll_call(COMPONENT_CAP_ROOT, message) == QUOLL_OK && message->word[0] == QUOLL_OK;
}

static bool find_victim(void)
{
    for (victim = 0; victim < COMPONENTS; victim++) {
        struct quoll_message message = {.word = {ROOT_STATE, victim}};

        if (ask(&message) && strcmp((const char *)&message.word[4], "victim") == 0)
            return true;
    }
    return false;
}

static void rebuild(void)
{
    struct quoll_message state = {.word = {ROOT_STATE, victim}};
    struct quoll_message restart = {.word = {ROOT_RESTART, victim}};

    if (!ask(&state) || state.word[1] != ROOT_STATE_RUNNING)
        return;
    measured->rebuilt = state.word[2];
    (void)ask(&restart);
}

void component_start(void)
{
    if (find_victim())
        component_wait_until(time_ticks());
}

void component_deadline(void)
{
    rebuild();
    component_wait_until(time_ticks() + time_ns_to_ticks(POLL_NS));
}
