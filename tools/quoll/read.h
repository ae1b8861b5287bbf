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

/* `disk` of a component, `virtio-blk` of a VM; a null node: it has none. */
void read_disk(const struct node *node, struct component *component);

/* One entry of `components:`, one of `vms:`, and the mapping `memory:`. */
void read_component(const struct node *node, struct component *component);
void read_vm(const struct node *node, struct component *component);
void read_regions(const struct node *node, struct system *system);
