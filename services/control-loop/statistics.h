/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the control loop measures, as it lies in memory that the reporter may read. The loop is the only writer and
 * never waits: a reader that met a change (`sequence` odd, or another than before) reads again.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Bucket 0 holds latencies below 1 us, bucket i those below 2^i us, the last one all others. */
enum { STATISTICS_BUCKETS = 16 };

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

/* The region: what is so at the moment, and what was so at the last summary. */
struct statistics_region {
    struct statistics_cell live;
    struct statistics_cell summary;
};

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
