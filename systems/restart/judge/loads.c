/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "loads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/guests.h"
#include "judge/inspected.h"
#include "systems/restart/progress.h"

static struct native {
    const char *name;
    struct progress *progress;
} natives[] = {
#define LOAD(load, constant) {.name = #load, .progress = (struct progress *)(uintptr_t)constant##_PROGRESS_ADDRESS},
#include "victims.def"
#undef LOAD
};

static struct guest_console guests[COMPONENT_GUEST_COUNT] = {COMPONENT_GUESTS(GUEST_CONSOLE)};
static const struct guest_client clients[] = {COMPONENT_CLIENTS(GUEST_CLIENT)};

/* What guests say of their loads. */
static struct told {
    const char *guest;
    const char *name;
    const char *may_fail_for; /* whose death leaves it to the client to ask again */
    unsigned excused;         /* so many answers after that death, it may have */
    struct progress progress;
    uint64_t refused;
} told[] = {
#define GUEST_LOAD(one, work, victim) {.guest = #one, .name = #work, .may_fail_for = (victim)},
#include "victims.def"
#undef GUEST_LOAD
};

/* Of answers that were on their way when it died, and that of the first request after. */
enum { EXCUSED = 2 };

static bool ended[COMPONENT_GUEST_COUNT];
static uint64_t lost_here;

static const struct progress *progress_of(unsigned load)
{
    return load < LOAD_NATIVE_COUNT ? natives[load].progress : &told[load - LOAD_NATIVE_COUNT].progress;
}

static const char *name_of(unsigned load)
{
    return load < LOAD_NATIVE_COUNT ? natives[load].name : told[load - LOAD_NATIVE_COUNT].name;
}

uint64_t load_operations(enum load load)
{
    return progress_get(&progress_of(load)->operations);
}

static struct guest_console *guest_of(const char *name)
{
    for (unsigned i = 0; i < COMPONENT_GUEST_COUNT; i++)
        if (strcmp(guests[i].name, name) == 0)
            return &guests[i];
    return NULL;
}

void load_killed(const char *victim)
{
    struct guest_console *guest = guest_of(victim);

    if (guest != NULL)
        guest_console_forget(guest);
    for (unsigned i = LOAD_NATIVE_COUNT; i < LOAD_COUNT; i++)
        if (strcmp(told[i - LOAD_NATIVE_COUNT].may_fail_for, victim) == 0)
            told[i - LOAD_NATIVE_COUNT].excused = EXCUSED;
}

/* The native ones begin when the guests are there. */
bool loads_all_work(void)
{
    bool guests_work = true;
    bool work = true;

    for (unsigned i = LOAD_NATIVE_COUNT; i < LOAD_COUNT; i++)
        guests_work = guests_work && load_operations((enum load)i) != 0;
    for (unsigned i = 0; i < LOAD_NATIVE_COUNT; i++) {
        if (guests_work)
            progress_add(&natives[i].progress->go, 1);
        work = work && load_operations((enum load)i) != 0;
    }
    return work && guests_work;
}

void loads_slow(bool slow)
{
    for (unsigned i = 0; i < LOAD_NATIVE_COUNT; i++)
        __atomic_store_n(&natives[i].progress->slow, slow, __ATOMIC_RELEASE);
}

void loads_stop(void)
{
    for (unsigned i = 0; i < LOAD_NATIVE_COUNT; i++)
        progress_add(&natives[i].progress->stop, 1);
    guest_console_type(&guests[0], "end\n");
}

/* A native one is in the middle of nothing when it takes no more steps. */
bool loads_ended(void)
{
    static uint64_t before[LOAD_NATIVE_COUNT];
    bool all = true;

    for (unsigned i = 0; i < LOAD_NATIVE_COUNT; i++) {
        uint64_t now = progress_get(&natives[i].progress->operations);

        all = all && now == before[i];
        before[i] = now;
    }
    for (unsigned i = 0; i < COMPONENT_GUEST_COUNT; i++)
        all = all && ended[i];
    return all;
}

uint64_t loads_bytes(void)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < LOAD_COUNT; i++)
        bytes += progress_get(&progress_of(i)->bytes);
    return bytes;
}

uint64_t loads_lost(uint64_t more)
{
    uint64_t lost = 0;

    lost_here += more;
    for (unsigned i = 0; i < LOAD_COUNT; i++)
        lost += progress_get(&progress_of(i)->lost);
    return lost_here + lost;
}

void loads_print(void)
{
    for (unsigned i = 0; i < LOAD_COUNT; i++)
        printf("%s: %" PRIu64 " operations, %" PRIu64 " bytes verified, %" PRIu64 " lost\n", name_of(i),
               progress_get(&progress_of(i)->operations), progress_get(&progress_of(i)->bytes),
               progress_get(&progress_of(i)->lost));
    for (unsigned i = 0; i < LOAD_COUNT - LOAD_NATIVE_COUNT; i++)
        if (told[i].refused != 0)
            printf("%s: asked again %" PRIu64 " times, for %s had died\n", told[i].name, told[i].refused,
                   told[i].may_fail_for);
}

/* If `line` begins with `word` and a blank, what is behind it; or NULL. */
static const char *behind(const char *line, const char *word)
{
    size_t length = strlen(word);

    return strncmp(line, word, length) == 0 && line[length] == ' ' ? line + length + 1 : NULL;
}

static void take_result(struct told *one, const char *line)
{
    const char *verified = behind(line, "verified");
    const char *lost = behind(line, "lost");

    if (verified != NULL) {
        one->progress.bytes += strtoull(verified, NULL, 10);
        one->progress.operations++;
        one->excused -= one->excused != 0;
    } else if (lost != NULL) {
        one->progress.lost += strtoull(lost, NULL, 10);
    } else {
        one->refused++;
        one->progress.lost += one->excused == 0;
    }
}

/* Each works with those behind it until it ends. */
static void end_guest(unsigned number)
{
    ended[number] = true;
    if (number + 1 < COMPONENT_GUEST_COUNT)
        guest_console_type(&guests[number + 1], "end\n");
}

static void take(struct guest_console *guest, const char *line)
{
    const char *errors = behind(line, "errors");
    const char *rest = NULL;

    for (unsigned i = 0; i < LOAD_COUNT - LOAD_NATIVE_COUNT; i++)
        if (strcmp(told[i].guest, guest->name) == 0 && (rest = behind(line, told[i].name)) != NULL) {
            take_result(&told[i], rest);
            return;
        }
    if (errors != NULL)
        lost_here += strtoull(errors, NULL, 10);
    else if (strcmp(line, "done") == 0)
        end_guest((unsigned)(guest - guests));
    else
        printf("%s says: %s\n", guest->name, line);
}

void loads_answer(uint64_t label, struct quoll_message *message)
{
    guest_console_answer(guest_console_find(guests, COMPONENT_GUEST_COUNT, label), message);
    loads_move();
}

void loads_move(void)
{
    for (unsigned i = 0; i < COMPONENT_GUEST_COUNT; i++)
        guest_console_move(&guests[i], take);
}

void loads_peer_died(void)
{
    for (unsigned i = 0; i < COMPONENT_GUEST_COUNT; i++)
        guest_console_detach(&guests[i], component_lives(guests[i].name), clients,
                             sizeof(clients) / sizeof(clients[0]));
}
