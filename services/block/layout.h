/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The memory that the device reaches: the ring, what goes with each piece, and a slot's data behind each other.
 *
 *   0      ring
 *   4096   headers[SLOTS_MAX], statuses[SLOTS_MAX]
 *   8192   PIECE_BYTES of data a slot, as many as there is memory for
 */
#pragma once

#include "share.h"

enum {
    LAYOUT_HEADERS = 4096,
    LAYOUT_STATUSES = LAYOUT_HEADERS + SLOTS_MAX * 16,
    LAYOUT_DATA = 8192,
    LAYOUT_QUEUE_SIZE = 64, /* three descriptors a piece */
};

static_assert(3 * SLOTS_MAX <= LAYOUT_QUEUE_SIZE, "every slot can be with the device at once");

static inline unsigned layout_slots(uint64_t bytes)
{
    uint64_t slots = bytes < LAYOUT_DATA ? 0 : (bytes - LAYOUT_DATA) / PIECE_BYTES;

    return slots < SLOTS_MAX ? (unsigned)slots : SLOTS_MAX;
}
