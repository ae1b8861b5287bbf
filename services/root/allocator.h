/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which RAM is free. Ranges are kept in an array, sorted, joined with their neighbours; first fit. What is taken and
 * given back is counted to the byte.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "component.h"

/* What is free lies between what was taken: pool and image of each component, objects; and between the RAM's parts. */
enum { ALLOCATOR_RANGES_MAX = 2 * COMPONENT_COUNT + OBJECT_COUNT + 64 };

struct allocator_range {
    uint64_t base; /* physical */
    uint64_t size;
    uint32_t ram; /* which RAM object it lies in; ranges of two are never joined */
};

struct allocator {
    unsigned count;
    uint64_t total; /* all bytes ever added */
    uint64_t free;
    struct allocator_range range[ALLOCATOR_RANGES_MAX];
};

/* A RAM object; false when the array is full. */
bool allocator_add(struct allocator *allocator, uint32_t ram, uint64_t base, uint64_t size);

/* `size` bytes on a multiple of `alignment`, a power of two. False: there is no such range; `taken` is then empty. */
bool allocator_take(struct allocator *allocator, uint64_t size, uint64_t alignment, struct allocator_range *taken);

/* Gives a range back and empties it; an empty one is none. */
void allocator_give(struct allocator *allocator, struct allocator_range *taken);

uint64_t allocator_largest(const struct allocator *allocator);
