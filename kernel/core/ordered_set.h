/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A set ordered by a 64-bit key, through nodes inside its members: an AVL tree, so every operation takes at most
 * 1.44 * log2(n) steps. Members with equal keys stay in the order of their insertion.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ordered_node {
    struct ordered_node *parent, *child[2]; /* child[0]: smaller keys */
    uint64_t key;
    int balance; /* EVEN, EVEN - 1: child[0] is the higher one by one, EVEN + 1: child[1] is; 0: in no set */
};

struct ordered_set {
    struct ordered_node *root;
    struct ordered_node *first; /* the member with the smallest key, or null */
};

void ordered_insert(struct ordered_set *set, struct ordered_node *node, uint64_t key);
void ordered_remove(struct ordered_set *set, struct ordered_node *node);

/* The member with the largest key <= key, or null. */
struct ordered_node *ordered_find(const struct ordered_set *set, uint64_t key);

/* The next member in order, or null. */
struct ordered_node *ordered_next(const struct ordered_node *node);

static inline bool ordered_linked(const struct ordered_node *node)
{
    return node->balance != 0;
}
