/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Waits until Linux answers, then has the attacks made one after the other, and turns the board off.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "guests.h"
#include "judge/inspected.h"
#include "linux.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/root/protocol.h"
#include "turn.h"
#include "window.h"

const struct inspected inspected[] = {COMPONENT_INSPECTS(INSPECTED)};
const unsigned inspected_count = sizeof(inspected) / sizeof(inspected[0]);

enum { TICK_NS = 5000000, MS_NS = 1000000, ROUNDS_BEFORE = 10, NAME = 64, LINUX_MS = 1000 };

static struct {
    uint64_t seed, length_ms;
    char only[NAME]; /* "all", a name, or the beginning of names with `-` at its end */
} orders = {1, 60, "all"};
static enum { WAITING, ATTACKING, DONE } state;
static unsigned next;

void guest_line(enum guest_number number, const char *line)
{
    if (number == GUEST_linux)
        linux_line(line);
    else if (number == GUEST_linux_root)
        root_line(line);
}

static uint64_t number_of(const char *key, uint64_t otherwise)
{
    const char *found = strstr(COMPONENT_ARGUMENTS, key);

    return found != NULL ? strtoull(found + strlen(key), NULL, 0) : otherwise;
}

static void read_arguments(void)
{
    const char *only = strstr(COMPONENT_ARGUMENTS, "only=");

    orders.seed = number_of("seed=", orders.seed);
    orders.length_ms = number_of("length=", orders.length_ms);
    if (only != NULL)
        snprintf(orders.only, sizeof(orders.only), "%.*s", (int)strcspn(only + 5, " "), only + 5);
}

/* To boot one more Linux, or to have one fail, takes longer than all short attacks together. */
static bool wanted(const struct attack *attack)
{
    bool boots = attack->by == ATTACK_BY_LINUX || attack->by == ATTACK_BY_FILES;
    size_t length = strlen(orders.only);

    if (strcmp(orders.only, "all") == 0)
        return !boots || orders.length_ms >= LINUX_MS;
    return orders.only[length - 1] == '-' ? strncmp(attack->name, orders.only, length) == 0
                                          : strcmp(attack->name, orders.only) == 0;
}

static bool begin_next(void)
{
    while (next < ATTACK_COUNT && !wanted(&attacks[next]))
        next++;
    if (next == ATTACK_COUNT)
        return false;
    turn_begin((enum attack_number)next++, orders.seed, orders.length_ms * MS_NS);
    return true;
}

static void finish(void)
{
    struct quoll_message off = {.word = {ROOT_POWER, QUOLL_POWER_OFF}};

    state = DONE;
    printf("%u attacks passed, %u failed\n", turns_passed, turns_failed);
    fflush(stdout);
    time_sleep_until(time_ticks() + time_ns_to_ticks(100 * (uint64_t)MS_NS));
    (void)quoll_call(COMPONENT_CAP_ROOT, &off);
}

static void advance(void)
{
    if (state == WAITING && linux_lives() && window_victim_rounds() > ROUNDS_BEFORE) {
        state = ATTACKING;
        printf("Linux is there, the attacks begin; seed %" PRIu64 ", %" PRIu64 " ms each\n", orders.seed,
               orders.length_ms);
        if (!begin_next())
            finish();
    } else if (state == ATTACKING && turn_step() && !begin_next()) {
        finish();
    }
}

void component_start(void)
{
    read_arguments();
    component_deadline();
}

void component_message(uint64_t label, struct quoll_message *message)
{
    guests_answer(label, message);
    guests_move();
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_RESTARTED) != 0)
        guests_detach();
    guests_move();
}

void component_deadline(void)
{
    window_look();
    linux_ask();
    guests_move();
    advance();
    component_wait_until(time_ticks() + time_ns_to_ticks(TICK_NS));
}
