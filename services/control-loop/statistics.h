/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the control loop measures, as it lies in memory that the reporter may read. The loop is the only writer and
 * never waits: a reader that met a change (`sequence` odd, or another than before) reads again.
 */
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Bucket 0 holds latencies below 1 us, bucket i those below 2^i us, the last one all others. */
enum { STATISTICS_BUCKETS = 16 };

/* Latencies that are kept one by one. */
enum { STATISTICS_RECENT = 512 };

struct statistics {
    uint64_t releases;
    uint64_t missed;  /* periods in which the work was not done before the next release */
    uint64_t minimum; /* ns from the planned release to the first instruction */
    uint64_t maximum;
    uint64_t sum;
    int64_t output; /* of the controller, 16.16 */
    uint64_t bucket[STATISTICS_BUCKETS];
};

struct statistics_cell {
    _Atomic uint64_t sequence;
    struct statistics value;
};

/*
 * The region: what is so at the moment, what was so at the last summary, and the latencies of the last releases in ns:
 * release n (from 0 on) lies at n modulo STATISTICS_RECENT, and is there before `live` counts it.
 */
struct statistics_region {
    struct statistics_cell live;
    struct statistics_cell summary;
    _Atomic uint32_t recent[STATISTICS_RECENT];
};
static_assert(sizeof(struct statistics_region) <= 4096, "the region is a page");

enum { STATISTICS_NS_PER_US = 1000, STATISTICS_FIRST_SUMMARY = 5000, STATISTICS_SUMMARY_EVERY = 20000 };

/* Early once, so that one sees that it lives, and then not too often. */
static inline bool statistics_is_summary(uint64_t releases)
{
    return releases == STATISTICS_FIRST_SUMMARY || releases % STATISTICS_SUMMARY_EVERY == 0;
}

/* The upper edge of a bucket in us; 0 for the last. */
static inline uint64_t statistics_edge(unsigned bucket)
{
    return bucket < STATISTICS_BUCKETS - 1 ? UINT64_C(1) << bucket : 0;
}

static inline void statistics_add(struct statistics *s, uint64_t latency)
{
    unsigned bucket = 0;

    while (bucket < STATISTICS_BUCKETS - 1 && latency >= statistics_edge(bucket) * STATISTICS_NS_PER_US)
        bucket++;
    s->bucket[bucket]++;
    if (s->releases == 0 || latency < s->minimum)
        s->minimum = latency;
    if (latency > s->maximum)
        s->maximum = latency;
    s->sum += latency;
    s->releases++;
}

static inline uint64_t statistics_mean(const struct statistics *s)
{
    return s->releases ? s->sum / s->releases : 0;
}

static inline void statistics_publish(struct statistics_cell *cell, const struct statistics *s)
{
    uint64_t sequence = atomic_load_explicit(&cell->sequence, memory_order_relaxed) | 1;

    atomic_store_explicit(&cell->sequence, sequence, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    cell->value = *s;
    atomic_store_explicit(&cell->sequence, sequence + 1, memory_order_release);
}

static inline void statistics_keep(struct statistics_region *region, uint64_t release, uint64_t latency)
{
    atomic_store_explicit(&region->recent[release % STATISTICS_RECENT],
                          latency < UINT32_MAX ? (uint32_t)latency : UINT32_MAX, memory_order_relaxed);
}

/* The longest latency of releases [first, end), of which those that are kept no more count as the longest there is. */
static inline uint32_t statistics_worst(const struct statistics_region *region, uint64_t first, uint64_t end)
{
    uint32_t worst = 0;

    if (end - first > STATISTICS_RECENT)
        return UINT32_MAX;
    for (uint64_t i = first; i < end; i++) {
        uint32_t latency = atomic_load_explicit(&region->recent[i % STATISTICS_RECENT], memory_order_relaxed);

        if (latency > worst)
            worst = latency;
    }
    return worst;
}

/* False when the writer was in the way `tries` times. */
static inline bool statistics_take(const struct statistics_cell *cell, struct statistics *s, unsigned tries)
{
    for (unsigned i = 0; i < tries; i++) {
        uint64_t before = atomic_load_explicit(&cell->sequence, memory_order_acquire);

        *s = cell->value;
        atomic_thread_fence(memory_order_acquire);
        if (before % 2 == 0 && before == atomic_load_explicit(&cell->sequence, memory_order_relaxed))
            return true;
    }
    return false;
}
