/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Empties the ring and checks every chunk.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "component.h"
#include "rt/component.h"
#include "rt/console.h"
#include "services/bulk-producer/ring.h"

enum { CHUNKS_PER_MIB = 256, FIRST_REPORT = 16 * CHUNKS_PER_MIB, REPORT_EVERY = 128 * CHUNKS_PER_MIB };

static struct bulk_ring *const ring = (struct bulk_ring *)BULK_RING_ADDRESS;
static uint64_t received = 0;
static uint64_t bad = 0;

static void print_counts(void)
{
    printf("%" PRIu64 " MiB received, %" PRIu64 " bad chunks\n", received / CHUNKS_PER_MIB, bad);
}

/* Copied first: what is checked is what is used. */
static void take(uint64_t number)
{
    static struct bulk_chunk chunk;

    memcpy(&chunk, &ring->chunk[number % bulk_chunks(BULK_RING_SIZE)], sizeof(chunk));
    if (chunk.number != number || chunk.checksum != bulk_checksum(&chunk))
        bad++;
    received++;
    if (received == CHUNKS_PER_MIB || received == FIRST_REPORT || received % REPORT_EVERY == 0)
        print_counts();
}

static void consume(void)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t full = atomic_load_explicit(&ring->head, memory_order_acquire) - tail;

    if (full == 0 || full > bulk_chunks(BULK_RING_SIZE))
        return;
    for (uint64_t i = 0; i < full; i++) {
        take(tail + i);
        atomic_store_explicit(&ring->tail, tail + i + 1, memory_order_release);
    }
    (void)quoll_notification_signal(CAP_BULK_PRODUCER_SPACE, FLAG_BULK_PRODUCER_SPACE);
}

void component_start(void)
{
    consume();
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX] = "";

    consume();
    if (flags & COMPONENT_FLAG_INPUT)
        while (console_line(line))
            print_counts();
}
