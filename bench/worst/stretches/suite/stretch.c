/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's trace says of each visit how long its longest stretch was.
 */
#include "abi/trace.h"
#include "suite.h"

#include <stddef.h>

#define RING_ADDRESS (UINT64_C(12) << 30)

static const struct quoll_trace_ring *ring;
static uint64_t first;

bool stretch_traced(void)
{
    return ring != NULL;
}

void stretch_open(void)
{
    if (test_type(BOOT_CAP_TRACE) != QUOLL_TYPE_MEMORY)
        return;
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, BOOT_CAP_TRACE, BOOT_CAP_POOL, RING_ADDRESS, 0,
                               sizeof(struct quoll_trace_ring), QUOLL_MAP_READ));
    ring = (const struct quoll_trace_ring *)(uintptr_t)RING_ADDRESS;
    EXPECT_EQUAL(ring->unit, QUOLL_TRACE_CYCLES);
}

void stretch_begin(void)
{
    if (ring != NULL)
        first = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);
}

void stretch_row(const char *name)
{
    uint64_t end = ring != NULL ? __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE) : 0;
    uint64_t longest = 0;

    if (ring == NULL)
        return;
    EXPECT(end > first && end - first < QUOLL_TRACE_RECORDS);
    for (uint64_t i = first; i < end; i++) {
        const struct quoll_trace_record *record = &ring->record[i % QUOLL_TRACE_RECORDS];

        if (record->event == QUOLL_TRACE_KERNEL && record->b > longest)
            longest = record->b;
    }
    test_print("row stretch_%s instructions %lu %lu %lu\n", name, (unsigned long)longest, (unsigned long)longest,
               (unsigned long)longest);
}
