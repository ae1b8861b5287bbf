/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An AVL tree: at every node the heights of both subtrees differ by at most one, and the node knows by how much.
 * Insertion and removal walk back towards the root once, as far as heights have changed, so every loop here is bounded
 * by the height, 1.44 * log2(n). Sides are 0 and 1.
 */
#include "ordered_set.h"

#include <stddef.h>

enum { EVEN = 2 };

/* The balance of a node whose subtree on that side is higher. */
static int leaning(unsigned side)
{
    return side != 0 ? EVEN + 1 : EVEN - 1;
}

static unsigned side_of(const struct ordered_node *parent, const struct ordered_node *node)
{
    return parent != NULL && parent->child[1] == node;
}

/* Let `with` stand where `node` stands below its parent. */
static void replace_child(struct ordered_set *set, struct ordered_node *node, struct ordered_node *with)
{
    struct ordered_node *parent = node->parent;

    if (parent == NULL)
        set->root = with;
    else
        parent->child[side_of(parent, node)] = with;
    if (with != NULL)
        with->parent = parent;
}

/* The node goes down to that side, its child on the other one comes up. */
static void rotate(struct ordered_set *set, struct ordered_node *node, unsigned side)
{
    struct ordered_node *top = node->child[!side];

    replace_child(set, node, top);
    node->child[!side] = top->child[side];
    if (top->child[side] != NULL)
        top->child[side]->parent = node;
    top->child[side] = node;
    node->parent = top;
}

/* The subtree on that side is higher by two. Answers who stands in the node's place then. */
static struct ordered_node *restore(struct ordered_set *set, struct ordered_node *node, unsigned side)
{
    struct ordered_node *tall = node->child[side];
    struct ordered_node *inner = tall->child[!side];

    if (tall->balance == leaning(!side)) {
        rotate(set, tall, side);
        rotate(set, node, !side);
        node->balance = inner->balance == leaning(side) ? leaning(!side) : EVEN;
        tall->balance = inner->balance == leaning(!side) ? leaning(side) : EVEN;
        inner->balance = EVEN;
        return inner;
    }
    rotate(set, node, !side);
    /* It was even only if something was removed on the other side; then the height is what it was. */
    node->balance = tall->balance == EVEN ? leaning(side) : EVEN;
    tall->balance = tall->balance == EVEN ? leaning(!side) : EVEN;
    return tall;
}

/* The subtree of `node` has become higher. */
static void has_grown(struct ordered_set *set, struct ordered_node *node)
{
    struct ordered_node *parent = NULL;

    for (; (parent = node->parent) != NULL; node = parent) {
        unsigned side = side_of(parent, node);

        if (parent->balance != EVEN) {
            if (parent->balance == leaning(side))
                restore(set, parent, side);
            else
                parent->balance = EVEN;
            return;
        }
        parent->balance = leaning(side);
    }
}

/* What is on that side of `node` has become lower. */
static void has_shrunk(struct ordered_set *set, struct ordered_node *node, unsigned side)
{
    while (node != NULL) {
        struct ordered_node *parent = node->parent;
        unsigned next_side = side_of(parent, node);

        if (node->balance == EVEN) {
            node->balance = leaning(!side);
            return;
        }
        if (node->balance == leaning(side))
            node->balance = EVEN;
        else if (restore(set, node, !side)->balance != EVEN)
            return;
        node = parent;
        side = next_side;
    }
}

void ordered_insert(struct ordered_set *set, struct ordered_node *node, uint64_t key)
{
    struct ordered_node *parent = NULL;
    struct ordered_node **link = &set->root;

    while (*link != NULL) {
        parent = *link;
        link = &parent->child[key >= parent->key];
    }
    *node = (struct ordered_node){.parent = parent, .key = key, .balance = EVEN};
    *link = node;
    if (set->first == NULL || key < set->first->key)
        set->first = node;
    has_grown(set, node);
}

struct ordered_node *ordered_next(const struct ordered_node *node)
{
    struct ordered_node *next = node->child[1];

    if (next != NULL) {
        while (next->child[0] != NULL)
            next = next->child[0];
        return next;
    }
    for (next = node->parent; next != NULL && next->child[1] == node; next = next->parent)
        node = next;
    return next;
}

void ordered_remove(struct ordered_set *set, struct ordered_node *node)
{
    struct ordered_node *start = node->parent; /* the lowest node with a subtree that has become lower */
    unsigned side = side_of(start, node);

    if (set->first == node)
        set->first = ordered_next(node);
    if (node->child[0] == NULL || node->child[1] == NULL) {
        replace_child(set, node, node->child[node->child[0] == NULL]);
    } else {
        struct ordered_node *next = ordered_next(node); /* has no child[0] */

        start = next->parent != node ? next->parent : next;
        side = next->parent == node;
        replace_child(set, next, next->child[1]);
        replace_child(set, node, next);
        next->child[0] = node->child[0];
        next->child[0]->parent = next;
        next->child[1] = node->child[1];
        if (next->child[1] != NULL)
            next->child[1]->parent = next;
        next->balance = node->balance;
    }
    *node = (struct ordered_node){0};
    has_shrunk(set, start, side);
}

struct ordered_node *ordered_find(const struct ordered_set *set, uint64_t key)
{
    struct ordered_node *best = NULL;
    struct ordered_node *node = set->root;

    while (node != NULL) {
        bool below = node->key <= key;

        best = below ? node : best;
        node = node->child[below];
    }
    return best;
}
