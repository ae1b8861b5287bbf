/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "window.h"

#include "component.h"
#include "services/control-loop/statistics.h"
#include "systems/attacks/victim/state.h"

enum { TRIES = 100 };

static const struct statistics_region *const region = (const struct statistics_region *)CONTROL_STATISTICS_ADDRESS;
static struct victim_state *const victim = (struct victim_state *)VICTIM_STATE_ADDRESS;

static struct statistics first;
static uint64_t seen; /* releases up to here are in `window.worst` */
static uint64_t first_rounds, first_wrong;
static struct window window;

uint64_t window_victim_rounds(void)
{
    return atomic_load_explicit(&victim->rounds, memory_order_relaxed);
}

void window_damage_victim(void)
{
    atomic_store_explicit(&victim->damage, 1, memory_order_relaxed);
}

void window_begin(void)
{
    (void)statistics_take(&region->live, &first, TRIES);
    seen = first.releases;
    first_rounds = window_victim_rounds();
    first_wrong = atomic_load_explicit(&victim->wrong, memory_order_relaxed);
    window = (struct window){0};
}

void window_look(void)
{
    struct statistics now = {0};
    uint64_t worst = 0;

    if (!statistics_take(&region->live, &now, TRIES))
        return;
    worst = statistics_worst(region, seen, now.releases);
    seen = now.releases;
    if (worst > window.worst)
        window.worst = worst;
    window.releases = now.releases - first.releases;
    window.missed = now.missed - first.missed;
}

const struct window *window_end(void)
{
    window_look();
    window.rounds = window_victim_rounds() - first_rounds;
    window.wrong = atomic_load_explicit(&victim->wrong, memory_order_relaxed) - first_wrong;
    window.checksum = atomic_load_explicit(&victim->checksum, memory_order_relaxed);
    return &window;
}

void window_answer(uint64_t ns, bool right)
{
    window.answers++;
    if (!right)
        window.wrong_answers++;
    if (ns > window.slowest)
        window.slowest = ns;
}
