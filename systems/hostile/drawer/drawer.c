/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's neighbour at entropy: draws bytes, which must not be those of the draw before.
 */
#include <string.h>

#include "component.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/entropy/protocol.h"
#include "systems/hostile/tally.h"

enum { PAUSE_NS = 2000000 };

static uint64_t before[ENTROPY_BYTES_MAX / sizeof(uint64_t)];
static struct tally tally = {.what = "entropy"};

void component_deadline(void)
{
    struct quoll_message message = {.word = {ENTROPY_GET, ENTROPY_BYTES_MAX}};
    bool answered = false;

    tally_say(&tally);
    tally_ask(&tally);
    answered = quoll_call(CAP_ENTROPY_ENTROPY, &message) == QUOLL_OK && message.word[0] == 0;
    tally_answer(&tally, answered && memcmp(before, &message.word[1], sizeof(before)) != 0);
    memcpy(before, &message.word[1], sizeof(before));
    component_wait_until(time_ticks() + time_ns_to_ticks(PAUSE_NS));
}

void component_start(void)
{
    component_wait_until(time_ticks());
}
