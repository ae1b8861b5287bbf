/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cache maintenance that EL0 may do by itself.
 */
#pragma once

#include <stdint.h>

/* Makes code that was just written visible to instruction fetches of all cores (Arm ARM B2.4.4). */
static inline void cache_publish_code(const void *start, uint64_t size)
{
    uint64_t type = 0;
    uint64_t from = (uint64_t)start;

    __asm__("mrs %0, CTR_EL0" : "=r"(type));
    uint64_t data_line = UINT64_C(4) << (type >> 16 & 0xf);
    uint64_t code_line = UINT64_C(4) << (type & 0xf);

    for (uint64_t at = from & ~(data_line - 1); at < from + size; at += data_line)
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    for (uint64_t at = from & ~(code_line - 1); at < from + size; at += code_line)
        __asm__ volatile("ic ivau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}
