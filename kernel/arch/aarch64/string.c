/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * See string.h. Simple loops: what is large is zeroed by cache.c.
 */
#include "string.h"
#include <stdint.h>

void *memset(void *destination, int byte, size_t size)
{
    unsigned char *to = destination;

    for (size_t i = 0; i < size; i++)
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

void *memchr(const void *bytes, int byte, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        if (at[i] == (unsigned char)byte)
            return (void *)(uintptr_t)(at + i);
    return NULL;
}

size_t strlen(const char *string)
{
    size_t length = 0;

    while (string[length] != '\0')
        length++;
    return length;
}

size_t strnlen(const char *string, size_t limit)
{
    size_t length = 0;

    while (length < limit && string[length] != '\0')
        length++;
    return length;
}

int strcmp(const char *left, const char *right)
{
    size_t i = 0;

    while (left[i] != '\0' && left[i] == right[i])
        i++;
    return (unsigned char)left[i] - (unsigned char)right[i];
}

char *strchr(const char *string, int character)
{
    for (;; string++) {
        if (*string == (char)character)
            return (char *)(uintptr_t)string;
        if (*string == '\0')
            return NULL;
    }
}

char *strrchr(const char *string, int character)
{
    const char *last = NULL;

    for (;; string++) {
        if (*string == (char)character)
            last = string;
        if (*string == '\0')
            return (char *)(uintptr_t)last;
    }
}
