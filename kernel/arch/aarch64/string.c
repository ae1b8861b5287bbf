/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * See string.h. Simple loops, by words where addresses allow: what is large is zeroed by cache.c.
 */
#include "string.h"
#include <stdint.h>

void *memset(void *destination, int byte, size_t size)
{
    unsigned char *to = destination;
    size_t i = 0;

    if (((uintptr_t)to & 7) == 0) {
        for (; i + 16 <= size; i += 16) {
            uint64_t *words = (void *)(to + i);

            words[0] = words[1] = (unsigned char)byte * UINT64_C(0x0101010101010101);
        }
    }
    for (; i < size; i++)
        to[i] = (unsigned char)byte;
    return destination;
}

void *memcpy(void *restrict destination, const void *restrict source, size_t size)
{
    unsigned char *to = destination;
    const unsigned char *from = source;
    size_t i = 0;

    if ((((uintptr_t)to | (uintptr_t)from) & 7) == 0)
        for (; i + 8 <= size; i += 8)
            *(uint64_t *)(void *)(to + i) = *(const uint64_t *)(const void *)(from + i);
    for (; i < size; i++)
        to[i] = from[i];
    return destination;
}

void *memmove(void *destination, const void *source, size_t size)
{
    unsigned char *to = destination;
    const unsigned char *from = source;

    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(destination, source, size);
    for (size_t i = size; i > 0; i--)
        to[i - 1] = from[i - 1];
    return destination;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *a = left;
    const unsigned char *b = right;

    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}

size_t strlen(const char *string)
{
    size_t length = 0;

    while (string[length] != '\0')
        length++;
    return length;
}
