/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A YAML file as a tree whose nodes know their line and column. The language of descriptions is plain YAML: mappings,
 * sequences and scalars. Anchors, aliases, tags, several documents and keys that are not plain words are refused.
 */
#pragma once

#include <stdbool.h>

#include "tools/quoll/diagnostics.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
    enum node_kind kind;
    struct position at;
    const char *text; /* scalars; no control characters in it */
    bool quoted;
    const char *key;        /* children of a mapping */
    struct position key_at; /* for other nodes the same as `at` */
    struct node *next;      /* sibling */
    struct node *first, *last;
    unsigned count; /* of children */
};

/* The top mapping of the file, or NULL after reporting a mistake. An unreadable file is fail(). */
struct node *yaml_read(const char *path);

/* The child of a mapping with this key, or NULL. */
struct node *node_get(const struct node *mapping, const char *key);

/*
 * `a.b.c=value` of the command line, where `at` says: replaces or adds the scalar, or removes the key when the value is
 * empty. Reports a mistake when the path leads nowhere.
 */
void node_set(struct node *top, const char *assignment, struct position at);
