/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One list of blocks, freed together.
 */
#include "tools/quoll/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    max_align_t data[];
};

static struct block *blocks = NULL;

static _Noreturn void out_of_memory(void)
{
    fputs("quoll: out of memory\n", stderr);
    exit(2);
}

void *arena_allocate(size_t count, size_t size)
{
    struct block *block = NULL;

    if (size != 0 && count > (SIZE_MAX - sizeof *block - 1) / size)
        out_of_memory();
    block = calloc(1, sizeof *block + count * size + 1);
    if (block == NULL)
        out_of_memory();
    block->next = blocks;
    blocks = block;
    return block->data;
}

char *arena_copy(const char *text, size_t length)
{
    char *copy = arena_allocate(length + 1, 1);

    memcpy(copy, text, length);
    return copy;
}

char *arena_print(const char *format, ...)
{
    va_list arguments;
    va_list again;
    char *text = NULL;
    int length = 0;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        out_of_memory();
    text = arena_allocate((size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void *array_grow(void *items, size_t count, size_t size)
{
    char *grown = items;

    /* Capacities are 8, 16, 32, ...: the array is full exactly when count is 0 or one of them. */
    if (count == 0 || (count >= 8 && (count & (count - 1)) == 0)) {
        grown = arena_allocate(count == 0 ? 8 : 2 * count, size);
        if (count != 0)
            memcpy(grown, items, count * size);
    }
    return grown;
}

void arena_free(void)
{
    while (blocks != NULL) {
        struct block *next = blocks->next;

        free(blocks);
        blocks = next;
    }
}
