/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The programs of tests/fuzz/generator.h, at random. After every step the kernel's structures have to be sound, and at
 * the end of a run everything can be destroyed and root's pool is as it was.   QUOLL_RANDOM_RUNS and QUOLL_RANDOM_SEED
 * in the environment: how many, from where.
 */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include "accounting.h"
#include "invariants.h"
#include "tests/fuzz/generator.h"

enum { STEPS = 400, RUNS = 200 };

static uint32_t state_of_random;

static uint32_t pick(uint32_t limit)
{
    state_of_random = state_of_random * 1664525 + 1013904223;
    return (state_of_random >> 8) % limit;
}

static const struct world world = {
    .programs = GENERATOR_PROGRAMS,
    .pool_bytes = {UINT64_C(1) << 20, UINT64_C(512) << 10},
    .memory_bytes = UINT64_C(4) << 20,
    .period = 20000,
};

/* What a program can tell of the kernel after each step: who runs, with which registers, on how much time. */
struct sight {
    const struct thread *current;
    uint64_t x[9];
    uint64_t now, used;
};

static struct sight look(void)
{
    struct sight sight = {.current = core->current, .now = host.counter};

    if (core->current == NULL)
        return sight;
    memcpy(sight.x, core->current->arch.frame->x, sizeof(sight.x));
    budget_settle(core->payer->budget);
    sight.used = core->payer->budget->used + host.counter - core->payer_since;
    return sight;
}

/* With `plain`, the scheduler always thinks that something has changed: no wake switches at once (preempt.h). */
static void run(uint32_t seed, unsigned chance, bool plain, struct sight *sights)
{
    machine_start(NULL);
    state_of_random = seed;
    generator_set_up(&world, pick);
    host.random = seed;
    host.preempt_chance = chance;
    for (unsigned i = 0; i < STEPS; i++) {
        core->reschedule |= plain;
        generator_step();
        check_invariants();
        sights[i] = look();
    }
    check_accounting();
    host.preempt_chance = 0;
    machine_stop(NULL);
}

static uint32_t from_environment(const char *name, uint32_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

static struct sight sights[STEPS];

static void random_programs(void **state)
{
    uint32_t first = from_environment("QUOLL_RANDOM_SEED", 1);
    uint32_t runs = from_environment("QUOLL_RANDOM_RUNS", RUNS);

    (void)state;
    for (uint32_t seed = first; seed < first + runs; seed++) {
        generator_verbose = getenv("QUOLL_RANDOM_VERBOSE") != NULL;
        if (generator_verbose)
            print_message("seed %u\n", seed);
        run(seed, seed % 3 * 4, false, sights);
    }
}

/* The short way of a wake and the general one differ in nothing that a program can tell. */
static void wakes_alike(void **state)
{
    static struct sight plain[STEPS];
    uint32_t first = from_environment("QUOLL_RANDOM_SEED", 1);
    uint32_t runs = from_environment("QUOLL_RANDOM_RUNS", RUNS);

    (void)state;
    for (uint32_t seed = first; seed < first + runs; seed++) {
        run(seed, 0, false, sights);
        run(seed, 0, true, plain);
        for (unsigned i = 0; i < STEPS; i++) {
            if (memcmp(&sights[i], &plain[i], sizeof(sights[i])) != 0)
                fail_msg("seed %u differs at step %u", (unsigned)seed, i);
        }
    }
    assert_true(generator_switched > runs / 2);
    assert_true(short_waits > runs / 4);
}

int test_random(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs),
        cmocka_unit_test(wakes_alike),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
