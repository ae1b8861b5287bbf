/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The memory that the device reaches: the ring, what goes with each piece, and a slot's data behind each other.
 *
 *   0      ring, and an indirect table for each of its descriptors
 *   68 KiB headers[SLOTS_MAX], statuses[SLOTS_MAX]
 *   72 KiB PIECE_BYTES of data a slot, as many as there is memory for
 */
#pragma once

#include "share.h"

enum {
    LAYOUT_HEADERS = 68 * 1024,
    LAYOUT_STATUSES = LAYOUT_HEADERS + SLOTS_MAX * 16,
    LAYOUT_DATA = 72 * 1024,
    LAYOUT_QUEUE_SIZE = 64, /* without tables: three descriptors a piece */
    LAYOUT_TABLE = PIECE_BUFFERS_MAX + 2,
};

static_assert(3 * SLOTS_MAX <= LAYOUT_QUEUE_SIZE, "every slot can be with the device at once");
static_assert(LAYOUT_TABLE <= LAYOUT_QUEUE_SIZE, "a chain is not longer than the queue (virtio 1.2, 2.7.5.3.1)");

static inline unsigned layout_slots(uint64_t bytes)
{
    uint64_t slots = bytes < LAYOUT_DATA ? 0 : (bytes - LAYOUT_DATA) / PIECE_BYTES;

    return slots < SLOTS_MAX ? (unsigned)slots : SLOTS_MAX;
}
