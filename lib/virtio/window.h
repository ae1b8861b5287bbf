/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of another party's memory that we have mapped: its addresses [address, address + size) lie at `base` here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct virtio_window {
    uint64_t address;
    uint64_t size;
    uint8_t *base;
};

/* Where [address, address + length) is mapped here, or NULL when it does not lie in the window as a whole. */
static inline void *virtio_window_at(const struct virtio_window *window, uint64_t address, uint64_t length)
{
    if (address < window->address || address - window->address > window->size)
        return NULL;
    uint64_t offset = address - window->address;
    if (length > window->size - offset)
        return NULL;
    return window->base + offset;
}
