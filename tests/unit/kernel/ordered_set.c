/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The ordered set against a list that is searched from end to end.
 */
#include "machine.h"

#include "ordered_set.h"

enum { MEMBERS = 300, ROUNDS = 20000 };

static struct ordered_node nodes[MEMBERS];
static unsigned order_of[MEMBERS]; /* when it was inserted */

static uint32_t random_state = 12345;

static uint32_t random_number(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

/* The height; both sides differ by one at most and the node knows by how much, keys and parents are right. */
static int check_tree(const struct ordered_node *node, const struct ordered_node *parent)
{
    if (node == NULL)
        return 0;
    assert_ptr_equal(node->parent, parent);
    int left = check_tree(node->child[0], node);
    int right = check_tree(node->child[1], node);
    assert_in_range(left - right + 1, 0, 2);
    assert_int_equal(node->balance, 2 + right - left);
    if (node->child[0] != NULL)
        assert_true(node->child[0]->key <= node->key);
    if (node->child[1] != NULL)
        assert_true(node->child[1]->key >= node->key);
    return (left > right ? left : right) + 1;
}

/* Members in order, equal keys as they were inserted. */
static void check_order(const struct ordered_set *set, unsigned count)
{
    const struct ordered_node *last = NULL;
    unsigned seen = 0;

    for (const struct ordered_node *node = set->first; node != NULL; node = ordered_next(node), seen++) {
        if (last != NULL) {
            assert_true(last->key <= node->key);
            if (last->key == node->key)
                assert_true(order_of[last - nodes] < order_of[node - nodes]);
        }
        last = node;
    }
    assert_int_equal(seen, count);
}

static void random_operations(void **state)
{
    struct ordered_set set = {0};
    unsigned count = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned index = random_number(MEMBERS);
        if (ordered_linked(&nodes[index])) {
            ordered_remove(&set, &nodes[index]);
            assert_false(ordered_linked(&nodes[index]));
            count--;
        } else {
            order_of[index] = round;
            ordered_insert(&set, &nodes[index], random_number(64));
            count++;
        }
        if (round % 97 == 0) {
            (void)check_tree(set.root, NULL);
            check_order(&set, count);
        }
        uint64_t key = random_number(66);
        const struct ordered_node *found = ordered_find(&set, key);
        uint64_t best = UINT64_MAX;
        for (unsigned i = 0; i < MEMBERS; i++)
            if (ordered_linked(&nodes[i]) && nodes[i].key <= key && (best == UINT64_MAX || nodes[i].key > best))
                best = nodes[i].key;
        if (best == UINT64_MAX)
            assert_null(found);
        else
            assert_int_equal(found->key, best);
    }
}

static void empty_set(void **state)
{
    struct ordered_set set = {0};
    struct ordered_node node = {0};

    (void)state;
    assert_null(ordered_find(&set, UINT64_MAX));
    ordered_insert(&set, &node, UINT64_MAX);
    assert_null(ordered_find(&set, UINT64_MAX - 1));
    assert_ptr_equal(ordered_find(&set, UINT64_MAX), &node);
    assert_null(ordered_next(&node));
    ordered_remove(&set, &node);
    assert_null(set.root);
    assert_null(set.first);
}

int test_ordered_set(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations),
        cmocka_unit_test(empty_set),
    };
    return cmocka_run_group_tests_name("ordered set", tests, NULL, NULL);
}
