/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Load for serial: numbered lines, of which the console's log is to have each once (`check`), and an answer to what is
 * typed here.
 */
#include <stdio.h>

#include "abi/plan.h"
#include "component.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/time.h"
#include "systems/restart/progress.h"

enum { LINE = 80, PAUSE_NS = 4000000 };

static unsigned lines;
static bool told;

/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
static struct progress *const progress = (struct progress *)PRINTER_PROGRESS_ADDRESS;

/* Longer than one message to serial. */
static void print_line(void)
{
    char line[LINE + 1] = "";
    int length = snprintf(line, sizeof(line), "line %u of the printer, longer than serial takes it at once\n", ++lines);
    size_t taken = console_write(line, (size_t)length);

    progress_add(&progress->bytes, taken);
    progress_add(&progress->lost, (uint64_t)length - taken);
    progress_add(&progress->operations, 1);
}

void component_deadline(void)
{
    uint64_t later = 0;

    if (progress_works(progress, &later)) {
        print_line();
        later = progress_next(progress, PAUSE_NS);
    } else if (later == 0 && !told) {
        told = true;
        printf("the printer has printed %u lines\n", lines);
        fflush(stdout);
    }
    if (later != 0)
        component_wait_until(later);
}

void component_notification(uint64_t flags)
{
    char typed[2 * LINE] = "";
    size_t length = (flags & FLAG_CONSOLE_INPUT) != 0 ? console_read(typed, sizeof(typed)) : 0;

    for (size_t i = 0; i < length; i++)
        printf(typed[i] == '\r' ? "\n" : "%c", typed[i]);
    fflush(stdout);
}

void component_start(void)
{
    component_wait_until(time_ticks());
}
