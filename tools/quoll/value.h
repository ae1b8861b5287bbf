/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values of the description: numbers with units, names, choices. Each reader reports what is wrong with a node and
 * returns false, leaving *value as it was; a null node (key absent) is no mistake and leaves the default too.
 */
#pragma once

#include <stdint.h>

#include "tools/quoll/yaml.h"

#define NANOSECOND  UINT64_C(1)
#define MICROSECOND UINT64_C(1000)
#define MILLISECOND UINT64_C(1000000)
#define SECOND      UINT64_C(1000000000)
#define KIB         UINT64_C(1024)
#define MIB         (KIB * 1024)
#define GIB         (MIB * 1024)

/* Inclusive limits; the value must also be a multiple of `multiple`. */
struct limits {
    uint64_t least;
    uint64_t most;
    uint64_t multiple;
};

/* 4KiB, 2MiB, 1GiB */
bool value_bytes(const struct node *node, struct limits limits, uint64_t *value);
/* 500ns, 200us, 1ms, 2s */
bool value_time(const struct node *node, struct limits limits, uint64_t *value);
/* A plain decimal number. */
bool value_count(const struct node *node, struct limits limits, unsigned *value);
bool value_number(const struct node *node, struct limits limits, uint64_t *value);
/* true or false */
bool value_bool(const struct node *node, bool *value);
/* Any text that is not empty. */
bool value_text(const struct node *node, const char **value);
/* One of a list of words; *value is its index. */
bool value_choice(const struct node *node, const char *const *choices, unsigned count, unsigned *value);

/* Whether a name (component, portal, flag, region) is lower-case letters, digits and hyphens, and short enough. */
bool name_check(const char *name, struct position at);

/* Reports when a node is not a mapping or sequence. */
bool node_is_mapping(const struct node *node, const char *what);
bool node_is_sequence(const struct node *node, const char *what);

/* Reports every key of a mapping that is not among `keys`. */
void keys_check(const struct node *mapping, const char *what, const char *const *keys, unsigned count);

/* The child, or a report that `what` lacks it, with an example of what to write. */
struct node *node_need(const struct node *mapping, const char *what, const char *key, const char *example);

/* "4KiB", "1ms": for messages and the report. */
const char *print_bytes(uint64_t bytes);
const char *print_time(uint64_t nanoseconds);
