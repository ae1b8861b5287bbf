/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The trap into the kernel, the only instruction of its kind in user code. A host program puts a `rt/trap.h` of its
 * own before this one on the include path and answers the calls itself.
 */
#pragma once

#include <stdint.h>

/* The trap itself. Registers are the words of `message`, in and out; answers x8. */
struct quoll_trap {
    uint64_t word[8];
    uint64_t x8, x9, x10, x11, x12;
};

#ifdef QUOLL_GUEST
#define QUOLL_TRAP_INSTRUCTION "hvc #1"
#else
#define QUOLL_TRAP_INSTRUCTION "svc #1"
#endif

static inline void quoll_trap(struct quoll_trap *trap)
{
    register uint64_t x0 __asm__("x0") = trap->word[0];
    register uint64_t x1 __asm__("x1") = trap->word[1];
    register uint64_t x2 __asm__("x2") = trap->word[2];
    register uint64_t x3 __asm__("x3") = trap->word[3];
    register uint64_t x4 __asm__("x4") = trap->word[4];
    register uint64_t x5 __asm__("x5") = trap->word[5];
    register uint64_t x6 __asm__("x6") = trap->word[6];
    register uint64_t x7 __asm__("x7") = trap->word[7];
    register uint64_t x8 __asm__("x8") = trap->x8;
    register uint64_t x9 __asm__("x9") = trap->x9;
    register uint64_t x10 __asm__("x10") = trap->x10;
    register uint64_t x11 __asm__("x11") = trap->x11;
    register uint64_t x12 __asm__("x12") = trap->x12;
    __asm__ volatile(QUOLL_TRAP_INSTRUCTION
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7), "+r"(x8),
                       "+r"(x9), "+r"(x10), "+r"(x11), "+r"(x12)
                     :
                     : "x13", "x14", "x15", "x16", "x17", "x18", "cc", "memory");
    *trap = (struct quoll_trap){.word = {x0, x1, x2, x3, x4, x5, x6, x7}, .x8 = x8};
}

/* A value that nobody looks at, made by no instruction: whatever a register holds. */
static inline uint64_t quoll_trap_anything(void)
{
    uint64_t value;

    __asm__ volatile("" : "=r"(value));
    return value;
}

/*
 * reply_wait that sends and takes no capability, with words 0 to 3 of the reply; the others are not defined. Then all
 * words of what came. Answers x8. Where `word` is a variable of the caller's own, nothing is in memory.
 */
static inline uint64_t quoll_trap_answer(uint64_t word[8], uint64_t number_and_flags, uint64_t deadline)
{
    register uint64_t x0 __asm__("x0") = word[0];
    register uint64_t x1 __asm__("x1") = word[1];
    register uint64_t x2 __asm__("x2") = word[2];
    register uint64_t x3 __asm__("x3") = word[3];
    register uint64_t x4 __asm__("x4");
    register uint64_t x5 __asm__("x5");
    register uint64_t x6 __asm__("x6");
    register uint64_t x7 __asm__("x7");
    register uint64_t x8 __asm__("x8");
    register uint64_t x9 __asm__("x9") = number_and_flags;
    register uint64_t x12 __asm__("x12") = deadline;
    __asm__ volatile(QUOLL_TRAP_INSTRUCTION
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "=r"(x4), "=r"(x5), "=r"(x6), "=r"(x7), "=r"(x8),
                       "+r"(x9), "+r"(x12)
                     :
                     : "x10", "x11", "x13", "x14", "x15", "x16", "x17", "x18", "cc", "memory");
    word[0] = x0;
    word[1] = x1;
    word[2] = x2;
    word[3] = x3;
    word[4] = x4;
    word[5] = x5;
    word[6] = x6;
    word[7] = x7;
    return x8;
}
