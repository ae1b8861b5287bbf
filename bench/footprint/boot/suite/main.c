/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs in root's place. The board's clock begins with reset at 0 and ticks every 16 instructions; nothing is
 * subtracted.
 */
#include "rt/component.h"
#include "tests/kernel/harness/harness.h"

enum { INSTRUCTIONS_PER_TICK = 16 };

/* Written by the first instructions of all, start.S. */
uint64_t first_ticks = 0;

static void boot_to_root(void)
{
    unsigned long instructions = first_ticks * INSTRUCTIONS_PER_TICK;

    EXPECT(first_ticks > 0);
    test_print("row boot_to_root instructions %lu %lu %lu\n", instructions, instructions, instructions);
}

_Noreturn void runtime_main(void)
{
    static const struct test tests[] = {TEST(boot_to_root)};

    test_begin();
    TEST_RUN(tests);
    test_end();
}
