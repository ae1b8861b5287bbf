/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Fills the ring with checksummed chunks, a mebibyte at a time with a pause after each.
 */
#include "component.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/bulk-producer/ring.h"

enum { BURST = 256, PAUSE_NS = 500000000 };

static struct bulk_ring *const ring = (struct bulk_ring *)BULK_RING_ADDRESS;
static uint64_t left = BURST; /* chunks of this burst */

static void fill(uint64_t number)
{
    struct bulk_chunk *chunk = &ring->chunk[number % bulk_chunks(BULK_RING_SIZE)];

    chunk->number = number;
    for (unsigned i = 0; i < BULK_WORDS; i++)
        chunk->payload[i] = (number * BULK_WORDS + i) * UINT64_C(0x9e3779b97f4a7c15);
    chunk->checksum = bulk_checksum(chunk);
}

/* As many chunks as there is room for; the consumer is told once. */
static void produce(void)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint64_t first = head;

    while (left > 0 && head - atomic_load_explicit(&ring->tail, memory_order_acquire) < bulk_chunks(BULK_RING_SIZE)) {
        fill(head);
        head++;
        left--;
        atomic_store_explicit(&ring->head, head, memory_order_release);
    }
    if (head != first)
        (void)quoll_notification_signal(CAP_BULK_CONSUMER_DATA, FLAG_BULK_CONSUMER_DATA);
    if (left == 0)
        component_wait_until(time_ticks() + time_ns_to_ticks(PAUSE_NS));
}

void component_start(void)
{
    produce();
}

/* Drained, or the consumer is a new one that has not seen what waits for it. */
void component_notification(uint64_t flags)
{
    if (flags & COMPONENT_FLAG_RESTARTED)
        (void)quoll_notification_signal(CAP_BULK_CONSUMER_DATA, FLAG_BULK_CONSUMER_DATA);
    if (left > 0)
        produce();
}

void component_deadline(void)
{
    left = BURST;
    produce();
}
