/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory of the tool. Everything it reads or makes lives until the end of the run, so nothing is freed one by one.
 * When memory runs out the tool says so and exits with status 2: no caller sees a null pointer.
 */
#pragma once

#include <stddef.h>

/* count * size zeroed bytes. */
void *arena_allocate(size_t count, size_t size);

/* A formatted string. */
char *arena_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A copy of `length` bytes with a NUL behind them. */
char *arena_copy(const char *text, size_t length);

/* Frees everything; only main calls it. */
void arena_free(void);

/* Room for one more item behind `count` items. May move the array, so nobody keeps pointers into a growing one. */
void *array_grow(void *items, size_t count, size_t size);

/* Adds a zeroed item and yields its address. */
#define ARRAY_ADD(items, count) ((items) = array_grow((items), (count), sizeof *(items)), &(items)[(count)++])
