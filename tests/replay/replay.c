/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A fuzzer's inputs without the fuzzer: its corpus, and what a seed makes of that. A fuzzer ends itself when something
 * is wrong (abort, a sanitiser); then this says which input it was.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { INPUT_MAX = 17408, CORPUS_MAX = 1024, CHANGES_MAX = 8, RUNS = 2000 };

struct input {
    char name[80];
    uint8_t *bytes;
    size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);
void __sanitizer_set_death_callback(void (*callback)(void));

static struct input corpus[CORPUS_MAX];
static unsigned corpus_count;
static char current[128] = "nothing";

static void say_which(void)
{
    fprintf(stderr, "it was %s\n", current);
}

static void died(int signal_number)
{
    say_which();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static bool read_input(const char *path, struct input *input)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return false;
    *input = (struct input){.bytes = malloc(INPUT_MAX)};
    assert_non_null(input->bytes);
    snprintf(input->name, sizeof(input->name), "%s", path);
    input->size = fread(input->bytes, 1, INPUT_MAX, file);
    fclose(file);
    return true;
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct input *)one)->name, ((const struct input *)other)->name);
}

static void read_corpus(void)
{
    DIR *folder = opendir(CORPUS);

    if (folder == NULL)
        fail_msg("%s: %s; run it from the top of the repository", CORPUS, strerror(errno));
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s", CORPUS, entry->d_name);
        if (entry->d_type == DT_REG && strchr(entry->d_name, '.') == NULL && corpus_count < CORPUS_MAX &&
            read_input(path, &corpus[corpus_count]))
            corpus_count++;
    }
    closedir(folder);
    qsort(corpus, corpus_count, sizeof(corpus[0]), by_name);
}

static void run(const uint8_t *bytes, size_t size)
{
    /* A copy of its own length, so that ASan sees what is read behind it. */
    uint8_t *exact = malloc(size > 0 ? size : 1);

    assert_non_null(exact);
    memcpy(exact, bytes, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void replays_its_corpus(void **state)
{
    (void)state;
    assert_true(corpus_count > 0);
    for (unsigned i = 0; i < corpus_count; i++) {
        snprintf(current, sizeof(current), "%s", corpus[i].name);
        run(corpus[i].bytes, corpus[i].size);
    }
}

/* xorshift64 */
static uint64_t next(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static size_t below(uint64_t *random, size_t limit)
{
    return limit == 0 ? 0 : next(random) % limit;
}

/* One input of the corpus with a piece of another in it, bytes changed to what breaks things, its end cut off. */
static size_t make(uint64_t *random, uint8_t *bytes)
{
    static const uint8_t telling[] = {0, 1, 2, 4, 7, 8, 0x10, 0x40, 0x7f, 0x80, 0xfe, 0xff};
    const struct input *one = &corpus[below(random, corpus_count)];
    const struct input *other = &corpus[below(random, corpus_count)];
    size_t size = one->size;
    size_t changes = 1 + below(random, CHANGES_MAX);

    memcpy(bytes, one->bytes, size);
    if (next(random) % 2 == 0) {
        size_t from = below(random, other->size), to = below(random, size);
        size_t length = below(random, other->size - from + 1);

        length = length < INPUT_MAX - to ? length : INPUT_MAX - to;
        memcpy(bytes + to, other->bytes + from, length);
        size = to + length > size ? to + length : size;
    }
    for (size_t i = 0; i < changes && size > 0; i++) {
        size_t at = below(random, size);

        if (next(random) % 2 == 0)
            bytes[at] = telling[below(random, sizeof(telling))];
        else
            bytes[at] ^= (uint8_t)(1U << next(random) % 8);
    }
    return next(random) % 4 == 0 ? below(random, size + 1) : size;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

static void what_a_seed_makes_of_it(void **state)
{
    static uint8_t bytes[INPUT_MAX];
    uint64_t seed = setting("QUOLL_FUZZ_SEED", 1);
    uint64_t runs = setting("QUOLL_FUZZ_RUNS", RUNS);

    (void)state;
    assert_true(corpus_count > 0);
    for (uint64_t i = 0; i < runs; i++) {
        uint64_t random = (seed + i) * UINT64_C(0x9e3779b97f4a7c15) | 1;

        snprintf(current, sizeof(current), "QUOLL_FUZZ_SEED=%" PRIu64 " QUOLL_FUZZ_RUNS=1", seed + i);
        (void)next(&random);
        run(bytes, make(&random, bytes));
    }
}

int main(int count, char **argument)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replays_its_corpus),
        cmocka_unit_test(what_a_seed_makes_of_it),
    };
    struct input input;

    __sanitizer_set_death_callback(say_which);
    signal(SIGABRT, died);
    if (count > 1 && access(argument[1], R_OK) == 0) {
        for (int i = 1; i < count; i++) {
            snprintf(current, sizeof(current), "%s", argument[i]);
            assert_true(read_input(argument[i], &input));
            run(input.bytes, input.size);
            free(input.bytes);
        }
        return 0;
    }
    if (count > 1)
        cmocka_set_test_filter(argument[1]);
    read_corpus();
    return cmocka_run_group_tests_name(CORPUS, tests, NULL, NULL);
}
