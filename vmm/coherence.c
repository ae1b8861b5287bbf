/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coherence.h"

/* CTR_EL0, Arm ARM D17.2.34: smallest lines of instruction and data caches, in words */
static uint64_t cache_type(void)
{
    uint64_t value = 0;

    __asm__("mrs %0, ctr_el0" : "=r"(value));
    return value;
}

static uint64_t data_line(void)
{
    return UINT64_C(4) << (cache_type() >> 16 & 15);
}

static uint64_t instruction_line(void)
{
    return UINT64_C(4) << (cache_type() & 15);
}

void coherence_clean_invalidate(uint64_t address, uint64_t size)
{
    uint64_t line = data_line();

    for (uint64_t at = address & ~(line - 1); at < address + size; at += line)
        __asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb sy" : : : "memory");
}

void coherence_code(uint64_t address, uint64_t size)
{
    uint64_t line = data_line();

    for (uint64_t at = address & ~(line - 1); at < address + size; at += line)
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    line = instruction_line();
    for (uint64_t at = address & ~(line - 1); at < address + size; at += line)
        __asm__ volatile("ic ivau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}
