/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory: a physical range that can be mapped, subdivided and revoked.
 *
 * Ranges form a tree. A range is either subdivided or mapped, never both, so no byte has two owners: mappings hang on
 * leaves, children never overlap. RAM is zeroed when a child is taken from RAM that never had an owner, and when a
 * child goes back to its parent.
 */
#pragma once

#include "list.h"
#include "object.h"
#include "ordered_set.h"

struct domain;

enum { MEMORY_DEPTH_MAX = 8 };

/* Protection: capability lock. */
struct memory {
    struct object object;
    paddr_t base;
    uint64_t size;
    enum quoll_memory_kind kind;
    bool fresh;      /* boot RAM: what is carved from it has yet to be zeroed */
    uint8_t depth;   /* ranges above this one */
    uint64_t mapped; /* mappings of this range and all below it */
    struct memory *parent;
    struct ordered_node in_parent; /* by base */
    struct ordered_set children;
    struct list mappings;
    uint32_t states; /* vCPUs whose state page is its first page: it stays a leaf */
    bool donated;    /* it is pool->donated */
    uint64_t zeroed; /* while it is given back or a child is carved: bytes done of the range below */
    uint64_t zeroing_offset, zeroing_size;

    /* an interrupted memory_revoke of [search_base, search_base + search_size) */
    uint64_t search_base, search_size;
    uint64_t search_at; /* nothing of it below that address is mapped; goes back when something is */
    uint64_t searched;  /* of a range above, too: mappings at the list's end that it has seen */
};

/* One mapping: an object of its own in the mapper's pool, though nothing can name it. */
struct mapping {
    struct object object; /* type QUOLL_TYPE_NONE */
    struct domain *domain;
    struct memory *memory;
    struct ordered_node in_domain; /* by address */
    struct list in_memory;
    uint64_t offset; /* into memory */
    uint64_t size;
    uint64_t attributes;
    uint64_t mapped;    /* bytes that are, or may be, in the tables, from the start of the range */
    uint64_t withdrawn; /* bytes of them that were taken out again */
    bool withdrawing;
    bool failed; /* withdrawing because the call that made it ran out of memory */
};

void memory_init(struct memory *memory, paddr_t base, uint64_t size, enum quoll_memory_kind kind);

/* Take [offset, offset + size) of `parent` for `child`, which is initialised. The range was checked. */
void memory_attach(struct memory *parent, struct memory *child);
/* May a child be made there? QUOLL_BAD_ARGUMENT, QUOLL_BUSY (mapped), QUOLL_OVERLAP, QUOLL_TOO_DEEP. */
enum quoll_error memory_check_child(const struct memory *parent, uint64_t offset, uint64_t size);
/* Zero a range that is to be carved from fresh RAM, a page batch a step. */
enum progress memory_prepare_step(struct memory *parent, uint64_t offset, uint64_t size);
/* Zero [base, base + size) a batch a step; memory->zeroed counts. PROGRESS_DONE says that nothing was left to do. */
enum progress memory_zero_step(struct memory *memory, paddr_t base, uint64_t size);
/* Give the range back to its parent. */
void memory_detach(struct memory *memory);
enum progress memory_destroy_step(struct memory *memory);

/* The smallest and only leaf rule: may it be mapped? */
static inline bool memory_is_leaf(const struct memory *memory)
{
    return memory->children.root == NULL;
}

/* Where in a domain, which part of the memory, how. */
struct mapping_range {
    uint64_t address, offset, size, attributes;
};

/*
 * Map; the range was checked. QUOLL_NO_MEMORY (nothing is mapped then), or ANSWER_RESTART when an interrupt came
 * first: the mapping exists, and domain_map with the same arguments goes on with it.
 */
int mapping_make(struct domain *domain, struct memory *memory, struct pool *pool, const struct mapping_range *range);

/* One step of taking a mapping out of its domain; it is freed when PROGRESS_DONE is returned. */
enum progress mapping_withdraw_step(struct mapping *mapping);
/* As the object that its pool destroys: the same, but the pool frees it. */
enum progress mapping_destroy_step(struct mapping *mapping);

/* The object that ends when this child ends: itself, or the pool it was donated to. */
struct object *memory_child_owner(struct memory *child);
