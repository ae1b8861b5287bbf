/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A domain: an address space and a flat capability list.
 */
#pragma once

#include "object.h"
#include "ordered_set.h"
#include "translation.h"

struct thread;

/* Protection: capability lock, but for `space` (domain lock). */
struct domain {
    struct object object;
    enum quoll_domain_kind kind;
    uint32_t capability_count;
    struct slot *capabilities;
    uint32_t emptied; /* while it is destroyed: capabilities below this index are gone */
    struct space space;
    struct ordered_set mappings; /* struct mapping, by address */
    struct list threads;
    struct slot pager; /* portal of explicitly paged memory, with the label of its messages */
    ipa_t pager_base;
    uint64_t pager_size;
};

/* A stage-2 fault of a native thread: to the pager, or thread_fault. */
void domain_memory_fault(struct thread *thread, ipa_t address, enum quoll_fault_reason reason, uint64_t syndrome);

/* The slot at an index of a domain's list, or null when out of range. */
struct slot *domain_slot(struct domain *domain, uint64_t index);

/* The empty slot at an index; QUOLL_BAD_CAPABILITY or QUOLL_SLOT_TAKEN otherwise. */
enum quoll_error domain_empty_slot(struct domain *domain, uint64_t index, struct slot **slot);

struct domain *domain_create(struct pool *pool, enum quoll_domain_kind kind, uint32_t capability_count);
enum progress domain_destroy_step(struct domain *domain);
