/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's stack is painted before it is used, and says how deep it became: at boot, and from then on
 * when the board is switched off. Every
 * entry starts at the top, so one stack is all there is; that of panics comes after the last word.
 */
#pragma once

#include "console.h"
#include "types.h"

#define STACKS_PAINT UINT64_C(0x5ca1ab1e5ca1ab1e)

extern uint64_t stack_bottom[], stack_top[];

/* What lies this far below is not in use yet, whatever the compiler keeps there. */
enum { STACKS_MARGIN = 256 };

static inline void stacks_paint(void)
{
    const uint64_t *end = (const uint64_t *)__builtin_frame_address(0) - STACKS_MARGIN / sizeof(uint64_t);

    for (volatile uint64_t *word = stack_bottom; word < end; word++)
        *word = STACKS_PAINT;
}

static inline void stacks_report(const char *what)
{
    const volatile uint64_t *word = stack_bottom;

    while (word < stack_top && *word == STACKS_PAINT)
        word++;
    console_string("quoll: ");
    console_string(what);
    console_string(" used ");
    console_decimal((uintptr_t)stack_top - (uintptr_t)word);
    console_string(" of ");
    console_decimal((uintptr_t)stack_top - (uintptr_t)stack_bottom);
    console_string(" bytes of the stack\n");
}
