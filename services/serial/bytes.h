/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A ring of bytes. `put` and `taken` count for ever, modulo 2^32; capacity is a power of two.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bytes {
    uint8_t *store;
    uint32_t capacity;
    uint32_t put;
    uint32_t taken;
};

static inline uint32_t bytes_count(const struct bytes *bytes)
{
    return bytes->put - bytes->taken;
}

static inline uint32_t bytes_room(const struct bytes *bytes)
{
    return bytes->capacity - bytes_count(bytes);
}

/* False when it is full. */
static inline bool bytes_put(struct bytes *bytes, uint8_t byte)
{
    if (bytes_room(bytes) == 0)
        return false;
    bytes->store[bytes->put++ & (bytes->capacity - 1)] = byte;
    return true;
}

/* False when it is empty. */
static inline bool bytes_take(struct bytes *bytes, uint8_t *byte)
{
    if (bytes_count(bytes) == 0)
        return false;
    *byte = bytes->store[bytes->taken++ & (bytes->capacity - 1)];
    return true;
}

static inline void bytes_clear(struct bytes *bytes)
{
    bytes->taken = bytes->put;
}
