/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An AVL tree: at every node the heights of both subtrees differ by at most one. Insertion and removal walk back to
 * the root once, so every loop here is bounded by the height, 1.44 * log2(n).
 */
#include "ordered_set.h"

#include <stddef.h>

static int height(const struct ordered_node *node)
{
    return node != NULL ? node->height : 0;
}

static void update_height(struct ordered_node *node)
{
    int left = height(node->left);
    int right = height(node->right);

    node->height = (left > right ? left : right) + 1;
}

/* Let `with` stand where `node` stands below its parent. */
static void replace_child(struct ordered_set *set, struct ordered_node *node, struct ordered_node *with)
{
    struct ordered_node *parent = node->parent;

    if (parent == NULL)
        set->root = with;
    else if (parent->left == node)
        parent->left = with;
    else
        parent->right = with;
    if (with != NULL)
        with->parent = parent;
}

static struct ordered_node *rotate_left(struct ordered_set *set, struct ordered_node *node)
{
    struct ordered_node *top = node->right;

    replace_child(set, node, top);
    node->right = top->left;
    if (node->right != NULL)
        node->right->parent = node;
    top->left = node;
    node->parent = top;
    update_height(node);
    update_height(top);
    return top;
}

static struct ordered_node *rotate_right(struct ordered_set *set, struct ordered_node *node)
{
    struct ordered_node *top = node->left;

    replace_child(set, node, top);
    node->left = top->right;
    if (node->left != NULL)
        node->left->parent = node;
    top->right = node;
    node->parent = top;
    update_height(node);
    update_height(top);
    return top;
}

/* Restore the invariant from `node` upward, as far as heights have changed. */
static void rebalance(struct ordered_set *set, struct ordered_node *node)
{
    while (node != NULL) {
        int balance = height(node->left) - height(node->right);
        int before = node->height;

        if (balance > 1) {
            if (height(node->left->left) < height(node->left->right))
                rotate_left(set, node->left);
            node = rotate_right(set, node);
        } else if (balance < -1) {
            if (height(node->right->right) < height(node->right->left))
                rotate_right(set, node->right);
            node = rotate_left(set, node);
        } else {
            update_height(node);
        }
        if (node->height == before)
            return;
        node = node->parent;
    }
}

void ordered_insert(struct ordered_set *set, struct ordered_node *node, uint64_t key)
{
    struct ordered_node *parent = NULL;
    struct ordered_node **link = &set->root;

    while (*link != NULL) {
        parent = *link;
        link = key < parent->key ? &parent->left : &parent->right;
    }
    *node = (struct ordered_node){.parent = parent, .key = key, .height = 1};
    *link = node;
    if (set->first == NULL || key < set->first->key)
        set->first = node;
    rebalance(set, parent);
}

struct ordered_node *ordered_next(const struct ordered_node *node)
{
    struct ordered_node *next = node->right;

    if (next != NULL) {
        while (next->left != NULL)
            next = next->left;
        return next;
    }
    for (next = node->parent; next != NULL && next->right == node; next = next->parent)
        node = next;
    return next;
}

void ordered_remove(struct ordered_set *set, struct ordered_node *node)
{
    struct ordered_node *start = NULL; /* the lowest node whose height may have changed */

    if (set->first == node)
        set->first = ordered_next(node);
    if (node->left == NULL || node->right == NULL) {
        start = node->parent;
        replace_child(set, node, node->left != NULL ? node->left : node->right);
    } else {
        struct ordered_node *next = ordered_next(node); /* has no left child */

        start = next->parent != node ? next->parent : next;
        replace_child(set, next, next->right);
        replace_child(set, node, next);
        next->left = node->left;
        next->left->parent = next;
        next->right = node->right;
        if (next->right != NULL)
            next->right->parent = next;
        next->height = node->height;
    }
    *node = (struct ordered_node){0};
    rebalance(set, start);
}

struct ordered_node *ordered_find(const struct ordered_set *set, uint64_t key)
{
    struct ordered_node *best = NULL;
    struct ordered_node *node = set->root;

    while (node != NULL) {
        if (node->key <= key) {
            best = node;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return best;
}
