/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component whose memory goes bad. Random bits of all that it can write are turned over, some a millisecond, while it
 * does what components do: it prints, calls, waits. It does not defend itself; where it ends is chance, and the seed.
 */
#include <inttypes.h>
#include <stdio.h>

#include "abi/calls.h"
#include "component.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"

enum { INTERVAL_NS = 1000000, FLIPS = 8, PAGE = 4096 };

/* lib/component.ld: writable memory begins on the page behind the constants. The stack in use ends with its page. */
extern char __init_array_end[], __end[];

static uint32_t seed = 0;
static uint64_t flipped = 0;

static uint32_t pick(uint32_t limit)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % limit;
}

static void flip(void)
{
    uintptr_t data = ((uintptr_t)__init_array_end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0);
    uint32_t size = (uint32_t)((uintptr_t)__end - data);
    uint32_t in_use = (uint32_t)(PAGE - stack % PAGE);
    uint32_t at = pick(size + in_use);
    volatile uint8_t *byte = (volatile uint8_t *)(at < size ? data + at : stack + (at - size));

    *byte = (uint8_t)(*byte ^ 1U << pick(8));
    flipped++;
}

static void work(void)
{
    struct quoll_message message = {.word = {flipped}};

    for (unsigned i = 0; i < FLIPS; i++)
        flip();
    (void)quoll_call(CAP_ECHO_SERVER_ECHO, &message);
    if (pick(64) == 0)
        printf("%" PRIu64 " bits\n", flipped);
    watchdog_kick();
    component_wait_until(time_ticks() + time_ns_to_ticks(INTERVAL_NS));
}

void component_start(void)
{
    seed = (uint32_t)time_ticks();
    printf("seed %" PRIu32 "\n", seed);
    work();
}

void component_deadline(void)
{
    work();
}
