/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ring.h"

#include <string.h>

/* Number of records of the ring, as a mask. The kernel's word for it is not needed: the layout is the ABI's. */
enum { MASK = QUOLL_TRACE_RECORDS - 1 };

uint64_t ring_written(const struct quoll_trace_ring *ring)
{
    return __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);
}

/* Record `written` may be in the making, in the place of the one before the oldest. */
static uint64_t oldest(uint64_t written)
{
    return written < QUOLL_TRACE_RECORDS ? 0 : written + 1 - QUOLL_TRACE_RECORDS;
}

uint64_t ring_oldest(const struct quoll_trace_ring *ring)
{
    return oldest(ring_written(ring));
}

size_t ring_copy(const struct quoll_trace_ring *ring, uint64_t *next, uint64_t *first, struct quoll_trace_record *to,
                 size_t room)
{
    uint64_t written = ring_written(ring);
    uint64_t from = *next > oldest(written) ? *next : oldest(written);
    size_t count = written > from ? (size_t)(written - from) : 0;
    size_t gone = 0;

    if (count > room)
        count = room;
    for (size_t i = 0; i < count; i++)
        to[i] = ring->record[(from + i) & MASK];
    /* What the kernel has written over meanwhile is dropped again. */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    written = oldest(ring_written(ring));
    if (written > from)
        gone = written - from < count ? (size_t)(written - from) : count;
    memmove(to, to + gone, (count - gone) * sizeof(*to));
    *first = from + gone;
    *next = from + count;
    return count - gone;
}

struct ring_sums ring_sums(const struct quoll_trace_ring *ring)
{
    struct ring_sums sums = {0};
    uint64_t written = 0;

    /* The kernel changes them together, and never without a record. */
    do {
        written = ring_written(ring);
        sums = (struct ring_sums){.visits = __atomic_load_n(&ring->visits, __ATOMIC_RELAXED),
                                  .longest = __atomic_load_n(&ring->longest, __ATOMIC_RELAXED),
                                  .at = __atomic_load_n(&ring->longest_at, __ATOMIC_RELAXED),
                                  .cause = __atomic_load_n(&ring->longest_cause, __ATOMIC_RELAXED)};
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (written != ring_written(ring));
    return sums;
}
