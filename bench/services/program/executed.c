/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whether the time that passes is that of instructions: the emulator's counter of them does not go on while the
 * processor waits, its clock does.
 */
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "services.h"

static uint64_t executed(void)
{
    static int counter = -1;
    uint64_t value = 0;

    if (counter < 0) {
        struct perf_event_attr attributes = {
            .type = PERF_TYPE_HARDWARE, .size = sizeof(attributes), .config = PERF_COUNT_HW_INSTRUCTIONS, .pinned = 1};

        counter = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, 0);
    }
    return counter >= 0 && read(counter, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

void compare_executed(const struct measurement *list)
{
    must(executed() != 0, "counting instructions");
    for (; list->name != NULL; list++) {
        (void)list->batch(list->count / 4 + 1);
        uint64_t start = ticks();
        uint64_t begin = executed();
        (void)list->batch(list->count);
        uint64_t end = executed();
        uint64_t taken = (ticks() - start) * instructions_a_tick();
        printf("executed %s %" PRIu64 " in %" PRIu64 "\n", list->name, end - begin, taken);
    }
}
