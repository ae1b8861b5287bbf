/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kills components at random times while others work with them, waits until that work goes on, and says in the end
 * what it cost and whether anything was lost:
 *
 *   PAUSE --time--> kill --> DYING --its thread is gone--> GONE --there is one again--> BACK --its load moves--> PAUSE
 *
 * Root ends the component wherever it stands, by command, or lets it fault, loop or fall silent there and has to notice
 * that; then it makes it again. The time counts from the request to root until the load's next operation is answered,
 * seen to STEP_NS or a PART of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "judge/inspected.h"
#include "loads.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/root/protocol.h"
#include "victims.h"

const struct inspected inspected[] = {COMPONENT_INSPECTS(INSPECTED)};
const unsigned inspected_count = sizeof(inspected) / sizeof(inspected[0]);

enum { STEP_NS = 10000, PART = 64, IDLE_NS = 1000000, PAUSE_LEAST_NS = 3000000, PAUSE_RANGE_NS = 20000000 };
/* A guest takes 7 s, or 13 s when another one has to notice first; nothing else takes a tenth of that. */
#define PATIENCE_NS UINT64_C(40000000000)

static enum { STARTING, PAUSE, DYING, GONE, BACK, ENDING, OVER } state;
static unsigned kills_wanted, kills, recovered;
static uint64_t due, killed_at, gone_at, made_at, moved, spent;
static struct victim *victim;
static enum death death;

static uint64_t number_of(const char *key, uint64_t otherwise)
{
    const char *found = strstr(COMPONENT_ARGUMENTS, key);

    return found != NULL ? strtoull(found + strlen(key), NULL, 0) : otherwise;
}

static void pause_for(uint64_t ns)
{
    state = PAUSE;
    due = time_ticks() + time_ns_to_ticks(ns);
}

static void kill_next(void)
{
    struct quoll_message message = {0};

    victim = victims_next(kills, &death);
    if (death == DEATH_COMMAND)
        message.word[0] = ROOT_RESTART;
    else
        message.word[0] = ROOT_PROVOKE;
    message.word[1] = component_number(victim->name);
    message.word[2] = death == DEATH_FAULT  ? ROOT_DEATH_FAULT
                      : death == DEATH_LOOP ? ROOT_DEATH_LOOP
                                            : ROOT_DEATH_SILENCE;
    load_killed(victim->name);
    loads_slow(victim->load >= LOAD_NATIVE_COUNT);
    spent = component_spent(victim->name);
    killed_at = time_ticks();
    if (quoll_call(COMPONENT_CAP_ROOT, &message) != QUOLL_OK || message.word[0] != QUOLL_OK) {
        printf("kill %u: %s: root answers %lu\n", kills + 1, victim->name, (unsigned long)message.word[0]);
        loads_lost(1);
    }
    kills++;
    state = DYING;
}

static void note_recovery(void)
{
    uint64_t ticks = time_ticks() - killed_at;

    victims_back(victim, death, ticks);
    recovered++;
    loads_slow(false);
    printf("kill %u: %s by %s, gone after %" PRIu64 ", made after %" PRIu64 ", served again after %" PRIu64 " us\n",
           kills, victim->name, death_name(death), time_ticks_to_ns(gone_at - killed_at) / 1000,
           time_ticks_to_ns(made_at - killed_at) / 1000, time_ticks_to_ns(ticks) / 1000);
}

static void tell(void)
{
    struct quoll_message off = {.word = {ROOT_POWER, QUOLL_POWER_OFF}};

    (void)loads_lost(victims_tell());
    loads_print();
    printf("%u kills, %u recovered, %" PRIu64 " bytes verified, %" PRIu64 " lost\n", kills, recovered, loads_bytes(),
           loads_lost(0));
    fflush(stdout);
    state = OVER;
    time_sleep_until(time_ticks() + time_ns_to_ticks(UINT64_C(100000000)));
    (void)quoll_call(COMPONENT_CAP_ROOT, &off);
}

static void lost_patience(const char *what)
{
    printf("kill %u: %s by %s: %s\n", kills, victim->name, death_name(death), what);
    loads_lost(1);
    state = ENDING;
}

/* Between two looks. */
static bool was_made_again(void)
{
    uint64_t before = spent;

    spent = component_spent(victim->name);
    return spent < before;
}

static void step(void)
{
    uint64_t now = time_ticks();
    bool patient = now - killed_at < time_ns_to_ticks(PATIENCE_NS);

    switch (state) {
    case STARTING:
        if (loads_all_work())
            pause_for(PAUSE_LEAST_NS);
        break;
    case PAUSE:
        if (now < due)
            break;
        if (kills < kills_wanted) {
            kill_next();
        } else {
            loads_stop();
            state = ENDING;
        }
        break;
    case DYING:
        if (!component_lives(victim->name) || was_made_again()) {
            gone_at = now;
            state = GONE;
        } else if (!patient) {
            lost_patience("does not die");
        }
        break;
    case GONE:
        if (component_lives(victim->name)) {
            made_at = now;
            moved = load_operations(victim->load);
            state = BACK;
        } else if (!patient) {
            lost_patience("did not come back");
        }
        break;
    case BACK:
        if (load_operations(victim->load) != moved) {
            note_recovery();
            pause_for(PAUSE_LEAST_NS + victims_random(PAUSE_RANGE_NS));
        } else if (!patient) {
            lost_patience("came back and does not serve");
        }
        break;
    case ENDING:
        if (loads_ended())
            tell();
        break;
    case OVER:
        break;
    }
}

void component_message(uint64_t label, struct quoll_message *message)
{
    loads_answer(label, message);
}

void component_notification(uint64_t flags)
{
    if ((flags & COMPONENT_FLAG_RESTARTED) != 0)
        loads_peer_died();
    loads_move();
}

/* The longer it takes, the less it matters: who looks all the time takes time from those whom it waits for. */
static uint64_t next_look(void)
{
    uint64_t now = time_ticks();
    uint64_t step = time_ns_to_ticks(STEP_NS);

    if (state == PAUSE)
        return due;
    if (state != DYING && state != GONE && state != BACK)
        return now + time_ns_to_ticks(IDLE_NS);
    return now + (step > (now - killed_at) / PART ? step : (now - killed_at) / PART);
}

void component_deadline(void)
{
    loads_move();
    step();
    if (state != OVER)
        component_wait_until(next_look());
}

void component_start(void)
{
    uint64_t seed = number_of("seed=", 1);

    victims_seed(seed);
    kills_wanted = (unsigned)number_of("kills=", 10);
    if (kills_wanted > KILLS_MAX)
        kills_wanted = KILLS_MAX;
    printf("%u kills from seed %" PRIu64 "\n", kills_wanted, seed);
    component_wait_until(time_ticks());
}
