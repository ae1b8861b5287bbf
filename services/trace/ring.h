/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The reader's side of a ring (abi/trace.h). No kernel calls here: this file is tested on the host.
 */
#pragma once

#include <stddef.h>

#include "abi/trace.h"

/* What happened to a core that the records do not say one by one. */
struct ring_sums {
    uint64_t visits, longest, at, cause;
};

/* How many records were ever written. */
uint64_t ring_written(const struct quoll_trace_ring *ring);

/* The oldest record that can still be read. */
uint64_t ring_oldest(const struct quoll_trace_ring *ring);

/*
 * Copies at most `room` records from number *next on, and moves *next behind them. *first is the number of the first
 * one copied: above the old *next when those between were overwritten before they could be read.
 */
size_t ring_copy(const struct quoll_trace_ring *ring, uint64_t *next, uint64_t *first, struct quoll_trace_record *to,
                 size_t room);

struct ring_sums ring_sums(const struct quoll_trace_ring *ring);
