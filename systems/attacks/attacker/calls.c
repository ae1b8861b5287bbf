/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-calls: every call number, with every argument at its boundaries and with indices that are stale, of another
 * type, without the right, outside the list. A worker calls; it may well end the attacker itself, whose capabilities it
 * has, and then the judge makes that again.
 */
#include "attacker.h"

#include "rt/time.h"

enum { STUCK_NS = 3000000 };

static volatile uint64_t calls;

/* Numbers of calls, some that are none, and flags of the message calls. */
static uint64_t any_number(uint64_t *state)
{
    static const uint16_t numbers[] = {
#define CALL(number, object, name, ...) (number),
#include "abi/calls.def"
#undef CALL
    };
    uint64_t value = attack_random(state);

    switch (value >> 61) {
    case 0:
        return value;
    case 1:
        return (value & 0xff) | (value >> 16 & 0xf) << 16;
    default:
        return numbers[value % (sizeof(numbers) / sizeof(numbers[0]))];
    }
}

/* Not all of x8 is an index: bits above it must not be dropped. */
static uint64_t any_capability(uint64_t *state)
{
    uint64_t value = attack_random(state);

    switch (value >> 60) {
    case 0:
        return boundary(state);
    case 1:
        return (value & 0xff) | UINT64_C(1) << (32 + (value >> 8 & 31));
    default:
        return value % (CAP_OWN + 64);
    }
}

static void call_anything(uint64_t seed)
{
    uint64_t state = seed;

    for (;;) {
        struct quoll_trap trap = {.x8 = any_capability(&state), .x9 = any_number(&state)};

        for (unsigned i = 0; i < 8; i++)
            trap.word[i] = boundary(&state);
        /* Deadlines that never come, and the end of the attacker's own list, would end the attack too soon. */
        trap.x10 = boundary(&state) | boundary(&state) << 32;
        trap.x11 = boundary(&state);
        trap.x12 = boundary(&state);
        calls++;
        quoll_trap(&trap);
    }
}

void attack_calls(void)
{
    uint64_t before = 0;
    struct worker_fault fault = {0};

    if (!worker_make(0, COMPONENT_PRIORITY, 1000000, 10000000))
        return;
    worker_run(0, call_anything, any());
    while (!over()) {
        bool faulted = worker_fault(STUCK_NS, &fault);
        uint64_t now = calls;

        did(now - before);
        if (faulted || now == before)
            worker_run(0, call_anything, any());
        before = now;
    }
}
