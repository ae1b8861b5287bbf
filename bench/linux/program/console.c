/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Characters written to the console until the last has left: lines as programs write them.
 */
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "bench.h"

static unsigned total;

unsigned console_total(void)
{
    return total;
}

static uint64_t console_characters(unsigned count)
{
    static const char line[] = "console: the quick brown fox jumps over the lazy dog, and then\n";
    unsigned written = 0;
    uint64_t start = ticks();

    while (written < count) {
        must(write(STDOUT_FILENO, line, sizeof(line) - 1) == sizeof(line) - 1, "writing to the console");
        written += sizeof(line); /* a line feed becomes two characters */
    }
    total += written;
    must(tcdrain(STDOUT_FILENO) == 0, "tcdrain");
    return ticks() - start;
}

const struct measurement console_measurements[] = {
    {"console_char", console_characters, 4096, 5},
    MEASUREMENT_END,
};
