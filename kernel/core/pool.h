/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pool: kernel memory donated by a user, out of which objects and tables are carved.
 *
 *   base                                                                    base + size
 *   +--------+---------------------+-------------------------+------------------+
 *   | pool   | order of each block | chunks of 64 KiB, split | never used yet   |
 *   +--------+---------------------+-------------------------+------------------+
 *                                                            ^ frontier
 * A buddy allocator: blocks of 2^6 to 2^16 bytes, aligned to their size within the pool. Every operation is bounded
 * by the number of orders.
 */
#pragma once

#include "list.h"
#include "memory.h"
#include "object.h"

enum { POOL_ORDER_MIN = 6, POOL_ORDER_MAX = 16, POOL_DEPTH_MAX = 8 };
#define POOL_UNIT     (UINT64_C(1) << POOL_ORDER_MIN)
#define POOL_SIZE_MIN (UINT64_C(16) << 10)
#define POOL_SIZE_MAX (UINT64_C(1) << 30)

/* Protection: pool lock for blocks and accounting, capability lock for `objects`, `depth`, `domains`, `zeroed`. */
struct pool {
    struct object object;
    struct memory donated; /* the range this pool lies in; its parent is the memory it was donated from */
    uint64_t base, size;
    uint64_t start;    /* offset of the first block */
    uint64_t frontier; /* offset of the first byte that was never part of a chunk */
    uint64_t used;     /* bytes in blocks that are given out */
    uint64_t object_count;
    uint8_t depth;       /* pools above this one */
    uint16_t domains;    /* in it and in pools inside; not counted in the root pool */
    bool root;           /* the pool made at boot: pool_power works on it */
    struct list objects; /* carved from here, mappings included */
    struct list free[POOL_ORDER_MAX + 1];
    uint32_t orders; /* bit set: there is a free block of that order */
    uint8_t *order;  /* of each 64-byte block that starts a given-out or free block; POOL_FREE marks free ones */

    void *prepared;            /* a block that pool_prepare_step took and clears; null: none */
    uint64_t prepared_cleared; /* bytes of it */
};

/*
 * Make a pool in [base, base + size) of RAM, page aligned, POOL_SIZE_MIN at least. pool->donated is the caller's to
 * fill in.
 */
struct pool *pool_init(paddr_t base, uint64_t size, struct pool *parent);

/* A zeroed block of at least `size` bytes, aligned to its size rounded up to a power of two; null when there is none.
 */
void *pool_allocate(struct pool *pool, uint64_t size);
void pool_free(struct pool *pool, void *block);

/*
 * Large blocks are cleared in steps, before pool_allocate hands one out: PROGRESS_DONE when the next allocation of that
 * size takes a short time, or fails. A call that ends between the steps leaves the block with the pool, counted as
 * used, for the next one; pool_unprepare gives it back.
 */
enum progress pool_prepare_step(struct pool *pool, uint64_t size);
void pool_unprepare(struct pool *pool);

/* Memory for an object of this type, initialised, and listed in the pool. */
void *pool_allocate_object(struct pool *pool, uint64_t size, enum quoll_object_type type);
/* Take the object out of its pool and free it. */
void pool_free_object(struct object *object);

/*
 * Has it, and have those that it lies in, so few domains that one more is its right? Bounded by POOL_DEPTH_MAX, as is
 * counting one that was made or has gone. The root pool may always.
 */
bool pool_may_have_domain(const struct pool *pool);
void pool_count_domain(struct pool *pool, int change);

/* Is the pool this one or below it? Null stands for what exists since boot, above everything. */
bool pool_is_below(const struct pool *pool, const struct pool *above);

/* The pool is empty: zero it and give the memory back. */
enum progress pool_destroy_step(struct pool *pool);
