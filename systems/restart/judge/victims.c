/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "victims.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "judge/inspected.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/root/protocol.h"

/* Who dies of itself twice within this is made again only after a delay, unless somebody asked for it in between. */
#define STABLE_NS UINT64_C(10000000000)

static struct victim victims[] = {
#define VICTIM(component, work, times) {.name = (component), .load = (work), .weight = (times)},
#include "victims.def"
#undef VICTIM
};
enum { VICTIMS = sizeof(victims) / sizeof(victims[0]) };

static uint64_t random_state;

const char *death_name(enum death death)
{
    static const char *const names[DEATHS] = {"command", "fault", "loop", "silence"};

    return names[death];
}

void victims_seed(uint64_t seed)
{
    random_state = seed;
}

uint64_t victims_random(uint64_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (random_state >> 33) % below;
}

static struct victim *choose(void)
{
    unsigned sum = 0;
    unsigned i = 0;

    for (unsigned v = 0; v < VICTIMS; v++)
        sum += victims[v].weight;
    uint64_t left = victims_random(sum);

    while (left >= victims[i].weight)
        left -= victims[i++].weight;
    return &victims[i];
}

struct victim *victims_next(unsigned number, enum death *death)
{
    struct victim *victim = number < VICTIMS ? &victims[number] : choose();
    uint64_t now = time_ticks();

    *death = (enum death)(number < VICTIMS ? number % DEATHS : victims_random(DEATHS));
    if (*death != DEATH_COMMAND && victim->own_death != 0 && now - victim->own_death < time_ns_to_ticks(STABLE_NS))
        *death = DEATH_COMMAND;
    victim->own_death = *death == DEATH_COMMAND ? 0 : now;
    return victim;
}

void victims_back(struct victim *victim, enum death death, uint64_t ticks)
{
    victim->kill[victim->kills++] = (struct kill){ticks, death};
}

static int compare(const void *one, const void *other)
{
    uint64_t a = ((const struct kill *)one)->ticks;
    uint64_t b = ((const struct kill *)other)->ticks;

    return a < b ? -1 : a > b;
}

/* Of the sorted times those of one kind. */
static void tell_death(const struct victim *victim, enum death death)
{
    unsigned count = 0;
    unsigned seen = 0;
    uint64_t median = 0;
    uint64_t worst = 0;

    for (unsigned i = 0; i < victim->kills; i++)
        count += victim->kill[i].death == death;
    for (unsigned i = 0; i < victim->kills; i++) {
        if (victim->kill[i].death != death)
            continue;
        worst = victim->kill[i].ticks;
        if (seen++ == count / 2)
            median = worst;
    }
    if (count != 0)
        printf("%s: %u times by %s, median %" PRIu64 ", worst %" PRIu64 " us\n", victim->name, count, death_name(death),
               time_ticks_to_ns(median) / 1000, time_ticks_to_ns(worst) / 1000);
}

static unsigned kills_of(const char *name)
{
    for (unsigned i = 0; i < VICTIMS; i++)
        if (strcmp(victims[i].name, name) == 0)
            return victims[i].kills;
    return 0;
}

/* Root has counted everybody's. */
static uint64_t count_others(void)
{
    uint64_t others = 0;

    for (unsigned i = 0; i < inspected_count; i++) {
        struct quoll_message message = {.word = {ROOT_STATE, inspected[i].number}};
        unsigned wanted = kills_of(inspected[i].name);

        if (quoll_call(COMPONENT_CAP_ROOT, &message) != QUOLL_OK || message.word[0] != QUOLL_OK ||
            message.word[2] == wanted)
            continue;
        printf("%s was made again %" PRIu64 " times and killed %u times\n", inspected[i].name, message.word[2], wanted);
        others += message.word[2] > wanted ? message.word[2] - wanted : wanted - message.word[2];
    }
    return others;
}

uint64_t victims_tell(void)
{
    for (unsigned i = 0; i < VICTIMS; i++) {
        struct victim *one = &victims[i];

        if (one->kills == 0)
            continue;
        qsort(one->kill, one->kills, sizeof(one->kill[0]), compare);
        for (unsigned death = 0; death < DEATHS; death++)
            tell_death(one, (enum death)death);
        printf("row restart_%s instructions %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", one->name,
               time_ticks_to_ns(one->kill[0].ticks), time_ticks_to_ns(one->kill[one->kills / 2].ticks),
               time_ticks_to_ns(one->kill[one->kills - 1].ticks));
    }
    return count_others();
}
