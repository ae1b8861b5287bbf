/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layout of a split virtqueue in shared memory (virtio 1.2, 2.7), the same for the side that drives and the side that
 * serves. All fields are little-endian, as is every processor that Quoll runs on.
 *
 *   descriptors  [size] x 16 bytes          written by the driver
 *   available    flags, index, ring[size], used_event        written by the driver
 *   used         flags, index, ring[size] x 8 bytes, available_event      written by the device
 *
 * The other side may change any of it at any moment: nothing here may be read twice. virtio_load* and virtio_store*
 * are the only way to it.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

enum { VIRTIO_RING_SIZE_MAX = 32768 };

enum virtio_feature_bit { VIRTIO_F_INDIRECT_DESC = 28, VIRTIO_F_EVENT_IDX = 29, VIRTIO_F_VERSION_1 = 32 };

enum virtio_descriptor_flags {
    VIRTIO_DESCRIPTOR_NEXT = 1,
    VIRTIO_DESCRIPTOR_WRITE = 2, /* the device writes it */
    VIRTIO_DESCRIPTOR_INDIRECT = 4,
};

enum { VIRTIO_AVAILABLE_NO_INTERRUPT = 1, VIRTIO_USED_NO_NOTIFY = 1 };

struct virtio_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

struct virtio_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[]; /* size entries, then used_event */
};

struct virtio_used_element {
    uint32_t id;
    uint32_t length;
};

struct virtio_used {
    uint16_t flags;
    uint16_t index;
    struct virtio_used_element ring[]; /* size entries, then available_event */
};

static_assert(sizeof(struct virtio_descriptor) == 16, "virtio 1.2, 2.7.5");
static_assert(sizeof(struct virtio_available) == 4, "virtio 1.2, 2.7.6");
static_assert(sizeof(struct virtio_used) == 4 && sizeof(struct virtio_used_element) == 8, "virtio 1.2, 2.7.8");

/* Bytes of each part; the two rings include the event index behind them. */
static inline uint64_t virtio_descriptors_bytes(uint64_t size)
{
    return 16 * size;
}

static inline uint64_t virtio_available_bytes(uint64_t size)
{
    return 6 + 2 * size;
}

static inline uint64_t virtio_used_bytes(uint64_t size)
{
    return 6 + 8 * size;
}

static inline uint16_t virtio_load16(const uint16_t *field)
{
    return __atomic_load_n(field, __ATOMIC_RELAXED);
}

static inline void virtio_store16(uint16_t *field, uint16_t value)
{
    __atomic_store_n(field, value, __ATOMIC_RELAXED);
}

static inline void virtio_store32(uint32_t *field, uint32_t value)
{
    __atomic_store_n(field, value, __ATOMIC_RELAXED);
}

static inline uint32_t virtio_load32(const uint32_t *field)
{
    return __atomic_load_n(field, __ATOMIC_RELAXED);
}

/* Each field is read exactly once into the private copy: the address, and the others together. Aligned to 8 bytes. */
static inline struct virtio_descriptor virtio_load_descriptor(const struct virtio_descriptor *shared)
{
    typedef uint64_t __attribute__((may_alias)) word;
    const uint64_t rest = __atomic_load_n((const word *)(const void *)&shared->length, __ATOMIC_RELAXED);

    return (struct virtio_descriptor){
        .address = __atomic_load_n(&shared->address, __ATOMIC_RELAXED),
        .length = (uint32_t)rest,
        .flags = (uint16_t)(rest >> 32),
        .next = (uint16_t)(rest >> 48),
    };
}

/* What was read before stays before what is read and written after. DMB ISHLD on Arm. */
static inline void virtio_read_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* What was written (and read) before is seen before what is written after. DMB ISH on Arm. */
static inline void virtio_write_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

/* Also orders a write before a later read, as the two event indices need. DMB ISH on Arm. */
static inline void virtio_full_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
