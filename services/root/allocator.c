/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "allocator.h"

#include <string.h>

static void remove_at(struct allocator *a, unsigned i)
{
    a->count--;
    memmove(&a->range[i], &a->range[i + 1], (a->count - i) * sizeof(a->range[0]));
}

static bool insert_at(struct allocator *a, unsigned i, struct allocator_range range)
{
    if (a->count == ALLOCATOR_RANGES_MAX)
        return false;
    memmove(&a->range[i + 1], &a->range[i], (a->count - i) * sizeof(a->range[0]));
    a->range[i] = range;
    a->count++;
    return true;
}

static bool touch(const struct allocator_range *low, const struct allocator_range *high)
{
    return low->ram == high->ram && low->base + low->size == high->base;
}

static bool put(struct allocator *a, struct allocator_range range)
{
    unsigned i = 0;

    while (i < a->count && a->range[i].base < range.base)
        i++;
    bool below = i > 0 && touch(&a->range[i - 1], &range);
    bool above = i < a->count && touch(&range, &a->range[i]);

    if (below && above) {
        a->range[i - 1].size += range.size + a->range[i].size;
        remove_at(a, i);
    } else if (below) {
        a->range[i - 1].size += range.size;
    } else if (above) {
        a->range[i].base = range.base;
        a->range[i].size += range.size;
    } else if (!insert_at(a, i, range)) {
        return false;
    }
    a->free += range.size;
    return true;
}

bool allocator_add(struct allocator *a, uint32_t ram, uint64_t base, uint64_t size)
{
    if (size == 0)
        return true;
    if (!put(a, (struct allocator_range){.base = base, .size = size, .ram = ram}))
        return false;
    a->total += size;
    return true;
}

bool allocator_take(struct allocator *a, uint64_t size, uint64_t alignment, struct allocator_range *taken)
{
    *taken = (struct allocator_range){0};
    if (size == 0)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        struct allocator_range *range = &a->range[i];
        uint64_t head = -range->base & (alignment - 1);

        if (head > range->size || size > range->size - head)
            continue;
        uint64_t tail = range->size - head - size;

        if (head && tail && a->count == ALLOCATOR_RANGES_MAX)
            continue;
        *taken = (struct allocator_range){.base = range->base + head, .size = size, .ram = range->ram};
        if (head && tail)
            insert_at(a, i + 1, (struct allocator_range){taken->base + size, tail, range->ram});
        range = &a->range[i];
        if (head) {
            range->size = head;
        } else if (tail) {
            range->base += size;
            range->size = tail;
        } else {
            remove_at(a, i);
        }
        a->free -= size;
        return true;
    }
    return false;
}

void allocator_give(struct allocator *a, struct allocator_range *taken)
{
    /* The array has room: there are never more free ranges than taken ones plus RAM objects. */
    if (taken->size)
        put(a, *taken);
    *taken = (struct allocator_range){0};
}

uint64_t allocator_largest(const struct allocator *a)
{
    uint64_t largest = 0;

    for (unsigned i = 0; i < a->count; i++)
        if (a->range[i].size > largest)
            largest = a->range[i].size;
    return largest;
}
