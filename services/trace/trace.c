/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads the kernel's trace and prints it on its console, for `quoll trace`.
 *
 *   nothing --go--> collecting --enough, time is up, `stop`--> printing --> nothing
 *
 * Nothing is collected while it prints: that would be a trace of its own printing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "ring.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/counter.h"
#include "rt/time.h"
#include "text.h"

/* At `go` this many are collected at most, in this time at most; the ring is looked at so often that it rarely fills.
 */
enum { WINDOW = 8192, COLLECT_NS = 2000000000, LOOK_NS = 5000000 };

/* Serial keeps 2 KiB of a client's output: lines go at a pace that a UART can follow. */
enum { PACE_LINES = 12, PACE_NS = 2000000 };

static enum { NOTHING, COLLECTING, PRINTING } state = NOTHING;
static struct quoll_trace_record window[WINDOW];
static struct piece {
    unsigned core;
    uint64_t first; /* number of its first record */
    size_t count;
    uint64_t lost; /* before it */
} pieces[256];
static size_t collected = 0;
static size_t wanted = WINDOW;
static size_t piece_count = 0;
static uint64_t next[BOOT_CORE_MAX];
static uint64_t until = 0;
static uint64_t ring_count = 0;
static size_t printed = 0, printed_piece = 0, printed_in_piece = 0;

static const struct quoll_trace_ring *ring_of(unsigned core)
{
    const struct quoll_trace_ring *rings = (const struct quoll_trace_ring *)TRACE_ADDRESS;

    return core < ring_count && rings[core].magic == QUOLL_TRACE_MAGIC ? &rings[core] : NULL;
}

static bool has_trace(void)
{
    struct quoll_result memory = quoll_memory_status(CAP_TRACE);

    if (memory.error == QUOLL_OK)
        ring_count = memory.word[0] / sizeof(struct quoll_trace_ring);
    return ring_of(0);
}

static void begin(size_t count, bool newest)
{
    collected = printed = printed_piece = printed_in_piece = piece_count = 0;
    wanted = count && count < WINDOW ? count : WINDOW;
    for (unsigned core = 0; core < BOOT_CORE_MAX; core++) {
        const struct quoll_trace_ring *ring = ring_of(core);

        next[core] = ring ? ring_written(ring) : 0;
        if (ring && newest)
            next[core] = next[core] > wanted && next[core] - wanted > ring_oldest(ring) ? next[core] - wanted
                                                                                        : ring_oldest(ring);
    }
    until = time_ticks() + time_ns_to_ticks(COLLECT_NS);
    state = COLLECTING;
}

/* What a core has written since the last look. */
static void take(unsigned core, const struct quoll_trace_ring *ring)
{
    struct piece *piece = &pieces[piece_count];
    uint64_t before = next[core];
    size_t room = wanted - collected;

    if (piece_count == sizeof(pieces) / sizeof(pieces[0]))
        return;
    *piece = (struct piece){.core = core};
    piece->count = ring_copy(ring, &next[core], &piece->first, &window[collected], room);
    piece->lost = piece->first - before;
    collected += piece->count;
    if (piece->count || piece->lost)
        piece_count++;
}

static void collect(void)
{
    for (unsigned core = 0; core < BOOT_CORE_MAX; core++)
        if (ring_of(core))
            take(core, ring_of(core));
    if (collected == wanted || piece_count == sizeof(pieces) / sizeof(pieces[0]) || time_ticks() >= until)
        state = PRINTING;
}

static void print_sums(void)
{
    char line[TEXT_LINE_MAX] = "";

    for (unsigned core = 0; core < BOOT_CORE_MAX; core++) {
        const struct quoll_trace_ring *ring = ring_of(core);
        struct ring_sums sums = {0};

        if (!ring)
            continue;
        sums = ring_sums(ring);
        text_sums(line, core, &sums);
        fputs(line, stdout);
    }
}

/* The next line; the last one ends the state. */
static void print_one(void)
{
    const struct piece *piece = &pieces[printed_piece];
    char line[TEXT_LINE_MAX] = "";

    if (printed_piece == piece_count) {
        print_sums();
        text_end(line, collected);
        state = NOTHING;
    } else if (printed_in_piece == 0 && piece->lost) {
        text_gap(line, piece->core, piece->first, piece->lost);
        pieces[printed_piece].lost = 0;
    } else if (printed_in_piece == piece->count) {
        printed_piece++;
        printed_in_piece = 0;
        return;
    } else {
        text_record(line, piece->core, piece->first + printed_in_piece++, &window[printed++]);
    }
    fputs(line, stdout);
}

static void print(void)
{
    char line[TEXT_LINE_MAX] = "";

    if (printed == 0 && printed_piece == 0) {
        text_begin(line, counter_frequency(), ring_of(0)->unit, collected, SYSTEM_NAME);
        fputs(line, stdout);
    }
    for (unsigned i = 0; i < PACE_LINES && state == PRINTING; i++)
        print_one();
    fflush(stdout);
}

static void go_on(void)
{
    uint64_t pause = state == COLLECTING ? LOOK_NS : PACE_NS;

    component_wait_until(state == NOTHING ? QUOLL_FOREVER : time_ticks() + time_ns_to_ticks(pause));
}

static void longest(void)
{
    for (unsigned core = 0; core < BOOT_CORE_MAX; core++) {
        const struct quoll_trace_ring *ring = ring_of(core);
        struct ring_sums sums = {0};

        if (!ring)
            continue;
        sums = ring_sums(ring);
        printf("core %u: interrupts were off for %" PRIu64 " %s at most, in %" PRIu64 " visits of the kernel\n", core,
               sums.longest, ring->unit == QUOLL_TRACE_CYCLES ? "instructions" : "ticks", sums.visits);
    }
}

static void run(char *line)
{
    char *command = strtok(line, " ");
    char *argument = strtok(NULL, " ");
    size_t count = argument ? strtoul(argument, NULL, 10) : 0;

    if (!command)
        return;
    if (strcmp(command, "go") == 0) {
        begin(count, false);
    } else if (strcmp(command, "last") == 0) {
        begin(count, true);
        collect();
        state = PRINTING;
    } else if (strcmp(command, "stop") == 0) {
        state = state == COLLECTING ? PRINTING : NOTHING;
    } else if (strcmp(command, "longest") == 0) {
        longest();
    } else {
        puts(
            "go [n]     collect the next n records (8192 at most, for 2 s at most), then print them for `quoll trace`");
        puts("last [n]   print the newest n that the kernel still has");
        puts("stop       collect no more; or print no more");
        puts("longest    how long the kernel had interrupts off, at most");
    }
}

void component_start(void)
{
    if (!has_trace())
        puts("this kernel keeps no trace; build it with `make TRACE=1`");
    else
        puts("trace: `help` says what can be asked");
}

void component_deadline(void)
{
    if (state == COLLECTING)
        collect();
    else if (state == PRINTING)
        print();
    go_on();
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX] = "";

    if (flags & COMPONENT_FLAG_INPUT)
        while (console_line(line)) {
            if (has_trace())
                run(line);
            else
                component_start();
        }
    go_on();
}
