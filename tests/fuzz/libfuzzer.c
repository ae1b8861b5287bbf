/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The entry for libFuzzer. Each process adds what it counted to the file that QUOLL_FUZZ_COUNTS names, a line a
 * process.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/generator.h"

static void report(void)
{
    const char *name = getenv("QUOLL_FUZZ_COUNTS");
    int file = name != NULL ? open(name, O_WRONLY | O_APPEND | O_CREAT, 0644) : -1;
    char line[128];
    int length = snprintf(line, sizeof(line), "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", fuzz_counts.inputs,
                          fuzz_counts.calls, fuzz_counts.followed, fuzz_counts.detached);

    if (file >= 0 && write(file, line, (size_t)length) != length)
        perror(name);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* a failed comparison is a crash */
    generator_verbose = getenv("QUOLL_FUZZ_VERBOSE") != NULL;
    atexit(report);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(data, size);
    return 0;
}
