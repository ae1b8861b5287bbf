/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Addresses that must not be mixed. The kernel maps all RAM at its physical address, so a physical address of RAM is
 * also a pointer; only the functions here know that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t value;
} paddr_t; /* physical */

typedef struct {
    uint64_t value;
} ipa_t; /* where a domain sees it: intermediate physical */

#define PAGE_SIZE  UINT64_C(4096)
#define BLOCK_SIZE (UINT64_C(2) << 20) /* what one level-2 entry of a stage-2 table maps */

static inline paddr_t paddr(uint64_t value)
{
    return (paddr_t){value};
}

static inline ipa_t ipa(uint64_t value)
{
    return (ipa_t){value};
}

static inline void *paddr_pointer(paddr_t address)
{
    return (void *)(uintptr_t)address.value;
}

static inline paddr_t pointer_paddr(const void *pointer)
{
    return paddr((uintptr_t)pointer);
}

static inline bool is_aligned(uint64_t value, uint64_t alignment)
{
    return (value & (alignment - 1)) == 0;
}

/* [base, base + size) lies within [0, limit), without overflow */
static inline bool range_fits(uint64_t base, uint64_t size, uint64_t limit)
{
    return size <= limit && base <= limit - size;
}

static inline bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))
