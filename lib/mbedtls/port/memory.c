/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * memset and memcpy of components that are linked with Mbed TLS, eight bytes at a time: picolibc's, which are small, do
 * one, and were half of the time of a signature. Unaligned accesses are allowed (SCTLR_EL1.A is 0), and no SIMD
 * register is touched.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A word that may lie anywhere and be part of anything. */
typedef uint64_t word_t __attribute__((aligned(1), may_alias));

void *memset(void *to, int value, size_t size)
{
    const uint64_t word = (uint8_t)value * UINT64_C(0x0101010101010101);
    uint8_t *byte = to;

    for (; size >= 2 * sizeof(word); size -= 2 * sizeof(word)) {
        ((word_t *)(void *)byte)[0] = word;
        ((word_t *)(void *)byte)[1] = word;
        byte += 2 * sizeof(word);
    }
    for (; size != 0; size--)
        *byte++ = (uint8_t)value;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *byte = to;
    const uint8_t *source = from;

    for (; size >= 2 * sizeof(word_t); size -= 2 * sizeof(word_t)) {
        uint64_t low = ((const word_t *)(const void *)source)[0];
        uint64_t high = ((const word_t *)(const void *)source)[1];

        ((word_t *)(void *)byte)[0] = low;
        ((word_t *)(void *)byte)[1] = high;
        byte += 2 * sizeof(word_t);
        source += 2 * sizeof(word_t);
    }
    for (; size != 0; size--)
        *byte++ = *source++;
    return to;
}
