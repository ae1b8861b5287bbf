/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The writer's side of a ring (abi/trace.h). There is one writer, which nothing interrupts.
 */
#pragma once

#include "abi/trace.h"

static_assert((QUOLL_TRACE_RECORDS & (QUOLL_TRACE_RECORDS - 1)) == 0, "a record's place is found by a mask");

static inline void trace_ring_write(struct quoll_trace_ring *ring, const struct quoll_trace_record *record)
{
    uint64_t number = ring->written;

    ring->record[number & (QUOLL_TRACE_RECORDS - 1)] = *record;
    __atomic_store_n(&ring->written, number + 1, __ATOMIC_RELEASE);
}
