/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A ring of chunks in memory that producer and consumer share.
 *
 *   +------+------+---------+---------+-----
 *   | head | tail | chunk 0 | chunk 1 | ...      chunk: number, checksum, payload
 *   +------+------+---------+---------+-----
 *
 * head and tail count chunks without end; head - tail are full. Only the producer writes head and chunks, only the
 * consumer writes tail. Neither trusts the other: an impossible difference counts as an empty or full ring, and what a
 * chunk claims is checked against its checksum.
 */
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

enum { BULK_WORDS = 510 };

struct bulk_chunk {
    uint64_t number;
    uint64_t checksum;
    uint64_t payload[BULK_WORDS];
};

struct bulk_ring {
    _Alignas(64) _Atomic uint64_t head;
    _Alignas(64) _Atomic uint64_t tail;
    _Alignas(4096) struct bulk_chunk chunk[];
};

static_assert(sizeof(struct bulk_chunk) == 4096, "chunks are pages");

static inline uint64_t bulk_chunks(uint64_t region_size)
{
    return (region_size - sizeof(struct bulk_ring)) / sizeof(struct bulk_chunk);
}

static inline uint64_t bulk_checksum(const struct bulk_chunk *chunk)
{
    uint64_t sum = chunk->number ^ UINT64_C(0xcbf29ce484222325);

    for (unsigned i = 0; i < BULK_WORDS; i++)
        sum = (sum ^ chunk->payload[i]) * UINT64_C(0x100000001b3);
    return sum;
}
