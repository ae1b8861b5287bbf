/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One input: bytes that say what the world is like and then, until they end, what happens in it. The model follows
 * (lockstep.h), the checker looks at the kernel's structures (tests/unit/kernel/invariants.h); a disagreement fails the
 * cmocka test that runs, or ends the program.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fuzz_counts {
    uint64_t inputs;
    uint64_t calls;      /* made */
    uint64_t followed;   /* of them, those whose answer the model knew */
    uint64_t detached;   /* inputs of which the model followed a part */
    uint64_t answer[32]; /* by enum quoll_error */
};

extern struct fuzz_counts fuzz_counts;

void fuzz_run(const uint8_t *data, size_t size);
