/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * memcpy, memmove and memset by words of 8 bytes: the C library's go byte by byte, and a VMM copies tens of megabytes.
 * Words need not be aligned: all memory that these are for is Normal memory.
 */
#include <stddef.h>
#include <stdint.h>

/* The compiler must not find these functions in themselves. */
#define PLAIN __attribute__((optimize("no-tree-loop-distribute-patterns")))

typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

enum { WORD = sizeof(word_t), BLOCK = 8 * WORD };

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

/* From the first byte on: right if `to` is not inside of `from`. All of a block is read before any of it is written. */
static inline PLAIN __attribute__((always_inline)) void copy_up(uint8_t *to, const uint8_t *from, size_t size)
{
    for (; size >= BLOCK; size -= BLOCK, to += BLOCK, from += BLOCK) {
        const word_t *word = (const word_t *)(const void *)from;
        word_t a = word[0];
        word_t b = word[1];
        word_t c = word[2];
        word_t d = word[3];
        word_t e = word[4];
        word_t f = word[5];
        word_t g = word[6];
        word_t h = word[7];
        word_t *out = (word_t *)(void *)to;

        __asm__("" ::: "memory"); /* pairs of words are loaded and stored by one instruction each */
        out[0] = a;
        out[1] = b;
        out[2] = c;
        out[3] = d;
        out[4] = e;
        out[5] = f;
        out[6] = g;
        out[7] = h;
    }
    for (; size >= WORD; size -= WORD, to += WORD, from += WORD)
        *(word_t *)(void *)to = *(const word_t *)(const void *)from;
    while (size-- != 0)
        *to++ = *from++;
}

PLAIN void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

PLAIN void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *end = (uint8_t *)to + size;
    const uint8_t *last = (const uint8_t *)from + size;

    if ((uintptr_t)to - (uintptr_t)from >= size) {
        copy_up(to, from, size);
        return to;
    }
    for (; size >= WORD; size -= WORD) {
        end -= WORD;
        last -= WORD;
        *(word_t *)(void *)end = *(const word_t *)(const void *)last;
    }
    while (size-- != 0)
        *--end = *--last;
    return to;
}

PLAIN void *memset(void *to, int value, size_t size)
{
    const word_t word = (uint8_t)value * UINT64_C(0x0101010101010101);
    uint8_t *at = to;

    for (; size >= BLOCK; size -= BLOCK, at += BLOCK) {
        word_t *out = (word_t *)(void *)at;

        out[0] = word;
        out[1] = word;
        out[2] = word;
        out[3] = word;
        out[4] = word;
        out[5] = word;
        out[6] = word;
        out[7] = word;
    }
    for (; size >= WORD; size -= WORD, at += WORD)
        *(word_t *)(void *)at = word;
    while (size-- != 0)
        *at++ = (uint8_t)value;
    return to;
}
