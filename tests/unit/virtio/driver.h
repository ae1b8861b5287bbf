/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A guest's memory and its driver, small enough to misbehave in every way. Layout of the memory at GUEST_BASE:
 * descriptors at 0, available ring at 0x1000, used ring at 0x2000, an indirect table at 0x3000, buffers from 0x4000.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "virtio/queue.h"

#define GUEST_BASE UINT64_C(0x40000000)
enum {
    GUEST_SIZE = 0x10000,
    AVAILABLE_OFFSET = 0x1000,
    USED_OFFSET = 0x2000,
    INDIRECT_OFFSET = 0x3000,
    BUFFER_OFFSET = 0x4000,
};

struct driver {
    _Alignas(4096) uint8_t memory[GUEST_SIZE];
    struct virtio_window window;
    uint16_t size;
    struct virtio_descriptor *descriptors;
    struct virtio_descriptor *indirect;
    struct virtio_available *available;
    struct virtio_used *used;
};

static inline void driver_reset(struct driver *driver, uint16_t size)
{
    memset(driver, 0, sizeof(*driver));
    driver->window = (struct virtio_window){.address = GUEST_BASE, .size = GUEST_SIZE, .base = driver->memory};
    driver->size = size;
    driver->descriptors = (void *)driver->memory;
    driver->available = (void *)(driver->memory + AVAILABLE_OFFSET);
    driver->used = (void *)(driver->memory + USED_OFFSET);
    driver->indirect = (void *)(driver->memory + INDIRECT_OFFSET);
}

static inline struct virtio_queue_setup driver_setup(const struct driver *driver, uint64_t features)
{
    return (struct virtio_queue_setup){
        .size = driver->size,
        .descriptors = GUEST_BASE,
        .available = GUEST_BASE + AVAILABLE_OFFSET,
        .used = GUEST_BASE + USED_OFFSET,
        .features = features,
    };
}

static inline uint16_t *driver_used_event(struct driver *driver)
{
    return &driver->available->ring[driver->size];
}

static inline uint16_t *driver_available_event(struct driver *driver)
{
    return (uint16_t *)(void *)&driver->used->ring[driver->size];
}

/* Descriptor `index` of `table`: `length` bytes at `offset` of the guest's memory. */
static inline void driver_describe(struct virtio_descriptor *table, uint16_t index, uint64_t offset, uint32_t length,
                                   unsigned flags, uint16_t next)
{
    table[index] = (struct virtio_descriptor){
        .address = GUEST_BASE + offset, .length = length, .flags = (uint16_t)flags, .next = next};
}

static inline void driver_offer(struct driver *driver, uint16_t head)
{
    driver->available->ring[driver->available->index % driver->size] = head;
    driver->available->index++;
}
