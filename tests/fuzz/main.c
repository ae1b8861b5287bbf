/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of the fuzzer that make test runs.   QUOLL_FUZZ_SEED and QUOLL_FUZZ_RUNS in the environment: from where, how
 * many.   unit-fuzz [FILTER]   unit-fuzz replay INPUT...   unit-fuzz explore SECONDS
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fuzz/explore.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/generator.h"

enum { INPUT_BYTES = 8192, RUNS = 200, EXPLORED_DEPTH = 4, EXPLORED_STATES = 5530 };
#define CORPUS "tests/fuzz/corpus"

static uint8_t input[INPUT_BYTES];

static uint32_t from_environment(const char *name, uint32_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

static void print_counts(void)
{
    print_message("%llu inputs, %llu calls, %llu of them followed by the model; it was detached %llu times\n",
                  (unsigned long long)fuzz_counts.inputs, (unsigned long long)fuzz_counts.calls,
                  (unsigned long long)fuzz_counts.followed, (unsigned long long)fuzz_counts.detached);
}

static void print_explored(const struct explored *explored)
{
    print_message("%llu states, %llu transitions, all sequences of %u actions\n", (unsigned long long)explored->states,
                  (unsigned long long)explored->transitions, explored->depth);
}

static uint32_t seed;

/* What to give QUOLL_FUZZ_SEED, with QUOLL_FUZZ_RUNS=1, to see a failure again. */
static int tell_seed(void **state)
{
    (void)state;
    print_message("the last seed was %u\n", seed);
    return 0;
}

static void seeded(void **state)
{
    uint32_t first = from_environment("QUOLL_FUZZ_SEED", 1);
    uint32_t runs = from_environment("QUOLL_FUZZ_RUNS", RUNS);

    (void)state;
    for (seed = first; seed < first + runs; seed++) {
        uint64_t random = seed;

        for (unsigned i = 0; i < INPUT_BYTES; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            input[i] = (uint8_t)(random >> 56);
        }
        if (getenv("QUOLL_FUZZ_VERBOSE") != NULL)
            print_message("seed %u\n", seed);
        fuzz_run(input, sizeof(input));
    }
    print_counts();
}

static void replay(const char *name)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(name, "rb");

    assert_non_null(file);
    fuzz_run(bytes, fread(bytes, 1, sizeof(bytes), file));
    fclose(file);
}

/* What libFuzzer found worth keeping. */
static void corpus(void **state)
{
    DIR *folder = opendir(CORPUS);
    uint64_t before = fuzz_counts.inputs;

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[512];

        if (entry->d_name[0] == '.' || strchr(entry->d_name, '.') != NULL)
            continue;
        (void)snprintf(name, sizeof(name), "%s/%s", CORPUS, entry->d_name);
        replay(name);
    }
    closedir(folder);
    assert_true(fuzz_counts.inputs > before);
    print_counts();
}

/* Everything that a few actions in a small world can lead to: as many states as are known. */
static void all_short_sequences(void **state)
{
    struct explored explored = explore(EXPLORED_DEPTH, 600);

    (void)state;
    print_explored(&explored);
    assert_int_equal(explored.depth, EXPLORED_DEPTH);
    assert_int_equal(explored.states, EXPLORED_STATES);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus), cmocka_unit_test_teardown(seeded, tell_seed),
                                       cmocka_unit_test(all_short_sequences)};

    generator_verbose = getenv("QUOLL_FUZZ_VERBOSE") != NULL;
    if (argc > 2 && strcmp(argv[1], "replay") == 0) {
        for (int i = 2; i < argc; i++)
            replay(argv[i]);
        print_counts();
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "explore") == 0) {
        struct explored explored = explore(UINT32_MAX, strtoull(argv[2], NULL, 0));

        print_explored(&explored);
        return 0;
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("fuzz", tests, NULL, NULL);
}
