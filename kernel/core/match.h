/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The match table of a vCPU: guest addresses whose accesses need no VMM.
 */
#pragma once

#include "abi/vcpu.h"
#include "object.h"

enum match_action { MATCH_NOTIFY, MATCH_CONSTANT, MATCH_IGNORE };

enum { MATCH_PROBES = 16 }; /* places of the table where an access may stand */

/*
 * What an access must be equal to. The bit that every key has makes 0 the mark of a free place, and is ESR_EL2.ISV for
 * the assembly that composes keys as well (kernel/arch/aarch64/guest_fast.S).
 */
#define MATCH_KEY(address, size_log2, write) \
    ((address) | (UINT64_C(4) | (size_log2)) << MATCH_KEY_SIZE | (uint64_t)(write) << MATCH_KEY_WRITE)
enum { MATCH_KEY_SIZE = 60, MATCH_KEY_WRITE = 63 };

#define MATCH_HASH \
    UINT64_C(0x9e3779b97f4a7c15) /* 2^64 divided by the golden ratio; top bits of its product with the address */
enum { MATCH_HASH_SHIFT = 58, MATCH_ENTRY_SHIFT = 6 };

struct match_entry {
    uint64_t *key;   /* of this place */
    uint64_t value;  /* CONSTANT: what a load returns, as wide as it is; NOTIFY: v below it is valid, raises 1 << v */
    uint64_t action; /* enum match_action; loads are CONSTANT */
    struct slot notification; /* NOTIFY; label: flags that may be raised */
};

struct match_table {
    uint8_t reach[QUOLL_MATCH_COUNT]; /* by hash: at how many places an access of it may stand; 0: there is none */
    uint64_t key[QUOLL_MATCH_COUNT];  /* 0: the place is free */
    struct match_entry entry[QUOLL_MATCH_COUNT];
    uint32_t cleared; /* while the vCPU is destroyed: places below this one are empty */
};

struct vcpu;
struct vcpu_access;

/*
 * Do what the table says about an access to `address`, whose store carries `value`. False, with nothing changed, when
 * it is the VMM's. `result` is what a load gets. Bounded: MATCH_PROBES comparisons.
 */
bool match_access(struct vcpu *vcpu, const struct vcpu_access *access, uint64_t address, uint64_t value,
                  uint64_t *result);

/* A store of `value` to the address of an entry that is NOTIFY or IGNORE. False, with nothing changed: the VMM's. */
bool match_store(const struct match_entry *entry, uint64_t value);

/* The notification of an entry is gone: its stores go to the VMM from now on. */
void match_lost(struct match_entry *entry);

/* Let go of the notifications of some places. PROGRESS_DONE says that nothing was left to do. */
enum progress match_clear_step(struct vcpu *vcpu);
