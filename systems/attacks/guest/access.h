/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One load or store of any kind that the instruction set has, chosen by `draw`, at that address.
 */
#pragma once

#include <stdint.h>

static inline void access_any(uint64_t at, uint64_t draw)
{
    uint64_t value = draw;

    switch (draw % 12) {
    case 0:
        __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    case 1:
        __asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    case 2:
    case 3:
        __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    case 4:
        __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    case 5:
        __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(at) : "memory");
        break;
    case 6:
        __asm__ volatile("strh %w0, [%1]" : : "r"(value), "r"(at) : "memory");
        break;
    case 7:
    case 8:
        __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(at) : "memory");
        break;
    case 9:
        __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(at) : "memory");
        break;
    case 10:
        __asm__ volatile("ldrsw %0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    default:
        __asm__ volatile("str wzr, [%0]" : : "r"(at) : "memory");
        break;
    }
}
