/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

/* 50 ms of a counter that has 62.5 MHz. */
enum { TURN = 3125000 };

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

/* Xorshift (Marsaglia 2003) */
uint64_t any(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t now(void)
{
    uint64_t ticks = 0;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}

static void say(const char *text)
{
    while (*text != '\0')
        *(volatile uint32_t *)GUEST_PL011 = (uint8_t)*text++;
}

static void say_number(uint64_t number)
{
    char digits[21] = "";
    unsigned at = sizeof(digits) - 1;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    say(digits + at);
}

static void turn(const struct target *target, const struct attack *attack)
{
    uint64_t end = now() + TURN;
    uint64_t moves = 0;

    device_reset(target->device);
    for (; now() < end; moves++)
        attack->move();
    device_reset(target->device);
    say(attack->name);
    say(": ");
    say_number(moves);
    say(" moves\r\n");
}

_Noreturn void guest_main(void)
{
    static const struct target *const targets[] = {&disk, &net, &sockets, &entropy};

    for (;;)
        for (unsigned t = 0; t < sizeof(targets) / sizeof(targets[0]); t++)
            for (unsigned i = 0; i < targets[t]->count; i++)
                turn(targets[t], &targets[t]->attacks[i]);
}
