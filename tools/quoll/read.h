/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pieces of a description that components and VMs share, for read_*.c.
 */
#pragma once

#include "tools/quoll/model.h"
#include "tools/quoll/value.h"

#define LENGTH(array) ((unsigned)(sizeof(array) / sizeof(array)[0]))

/* `priority`, `core`, `stack`, `pool`, `restart`, `watchdog` of a component or VM. */
void read_common(const struct node *node, struct component *component);

/* A `budget` mapping. */
void read_budget(const struct node *node, struct budget *budget);

/* A `priority` number; `key` must be there. */
void read_priority(const struct node *mapping, const char *what, unsigned *priority);

/* What `node`, a component's or the `devices` of a VM, says of shares; and the part of a disk, of one of them. */
void read_shares(const struct node *node, struct component *client);
void read_disk(const struct node *node, const char *what, struct share *share);

/* One entry of `components:`, one of `vms:`, and the mapping `memory:`. */
void read_component(const struct node *node, struct component *component);
void read_vm(const struct node *node, struct component *component);
void read_regions(const struct node *node, struct system *system);
