/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The match table of a vCPU: guest addresses whose accesses need no VMM.
 */
#pragma once

#include "object.h"

enum match_action { MATCH_NONE, MATCH_NOTIFY, MATCH_CONSTANT, MATCH_IGNORE };

enum { MATCH_PROBES = 16 }; /* places of the table where an address may stand */

struct match_entry {
    uint64_t address;
    uint8_t size;   /* 1, 2, 4 or 8 bytes: an access matches when address and size are equal */
    uint8_t action; /* enum match_action */
    uint64_t value; /* CONSTANT: what a read returns; NOTIFY: values below it are valid, value v raises 1 << v */
    struct slot notification; /* NOTIFY; label: flags that may be raised */
};

struct vcpu;
struct vcpu_access;

/* The entry for this access, or null. Bounded: MATCH_PROBES comparisons. */
struct match_entry *match_find(struct vcpu *vcpu, uint64_t address, unsigned size);

/*
 * Do what the table says about an access to `address`, whose store carries `value`. False, with nothing changed, when
 * it is the VMM's. `result` is what a load gets.
 */
bool match_access(struct vcpu *vcpu, const struct vcpu_access *access, uint64_t address, uint64_t value,
                  uint64_t *result);

/* The notification of an entry is gone: its stores go to the VMM from now on. */
void match_lost(struct match_entry *entry);

/* Let go of all notifications. */
void match_clear(struct vcpu *vcpu);
