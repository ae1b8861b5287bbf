/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's reading of memory nodes: trees that libfdt writes, and the same ones damaged. Each lies at the end of
 * a block of its own size, so that the address sanitizer sees a read behind it.
 */
#include "machine.h"

#include "device_tree.h"
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 4096 };

static unsigned char buffer[SIZE] __attribute__((aligned(8)));

/* What a node below the root says; cells of 32 bits, already counted out. */
struct node {
    const char *name, *type;
    uint32_t reg[12];
    unsigned words;
};

static void *write_tree(int address_cells, int size_cells, const struct node *nodes, unsigned count)
{
    fdt32_t cells[12];
    void *tree = NULL;

    assert_int_equal(fdt_create(buffer, SIZE), 0);
    assert_int_equal(fdt_finish_reservemap(buffer), 0);
    fdt_begin_node(buffer, "");
    if (address_cells >= 0)
        fdt_property_u32(buffer, "#address-cells", (uint32_t)address_cells);
    if (size_cells >= 0)
        fdt_property_u32(buffer, "#size-cells", (uint32_t)size_cells);
    for (unsigned i = 0; i < count; i++) {
        fdt_begin_node(buffer, nodes[i].name);
        if (nodes[i].type != NULL)
            fdt_property(buffer, "device_type", nodes[i].type, (int)strlen(nodes[i].type) + 1);
        for (unsigned word = 0; word < nodes[i].words; word++)
            cells[word] = cpu_to_fdt32(nodes[i].reg[word]);
        if (nodes[i].words > 0)
            fdt_property(buffer, "reg", cells, (int)nodes[i].words * 4);
        fdt_begin_node(buffer, "below");
        fdt_property(buffer, "device_type", "memory", 7);
        fdt_property_u32(buffer, "reg", 0x77);
        fdt_end_node(buffer);
        fdt_end_node(buffer);
    }
    fdt_end_node(buffer);
    assert_int_equal(fdt_finish(buffer), 0);
    tree = malloc(fdt_totalsize(buffer));
    return memcpy(tree, buffer, fdt_totalsize(buffer));
}

static const struct node typical[] = {
    {"chosen", NULL, {0}, 0},
    {"cpu", "cpu", {1, 2, 3, 4}, 4},
    {"memory@40000000", "memory", {0, 0x40000000, 0, 0x10000000, 1, 0, 2, 0}, 8},
    {"uart", NULL, {0, 0x9000000, 0, 0x1000}, 4},
    {"memory@800000000", "memory", {8, 0, 0, 0x1000, 9, 0, 0, 0}, 8},
};

static void reads_memory_nodes(void **state)
{
    static const struct boot_range expected[] = {
        {0x40000000, 0x10000000}, {UINT64_C(1) << 32, UINT64_C(2) << 32}, {UINT64_C(8) << 32, 0x1000}};
    void *tree = write_tree(2, 2, typical, 5);
    struct device_tree_memory found = {0};

    (void)state;
    assert_int_equal(device_tree_size(tree), fdt_totalsize(tree));
    assert_true(device_tree_memory(tree, &found));
    assert_true(found.complete);
    assert_int_equal(found.count, 3);
    assert_memory_equal(found.range, expected, sizeof(expected));
    free(tree);
}

static void reads_cells_of_all_widths(void **state)
{
    static const struct node node = {"memory", "memory", {1, 2, 3, 4, 5, 6}, 6};
    static const struct {
        int address, size;
        unsigned count;
        bool complete;
        struct boot_range first;
    } cases[] = {
        {1, 1, 3, true, {1, 2}},
        {-1, -1, 2, true, {UINT64_C(1) << 32 | 2, 3}}, /* two and one are what absent ones mean */
        {1, 2, 2, true, {1, UINT64_C(2) << 32 | 3}},
        {0, 1, 0, false, {0}},
        {3, 1, 0, false, {0}},
        {1, 0, 0, false, {0}},
        {1, 3, 0, false, {0}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *tree = write_tree(cases[i].address, cases[i].size, &node, 1);
        struct device_tree_memory found = {0};

        assert_true(device_tree_memory(tree, &found));
        assert_int_equal(found.count, cases[i].count);
        assert_int_equal(found.complete, cases[i].complete);
        assert_memory_equal(&found.range[0], &cases[i].first, sizeof(struct boot_range));
        free(tree);
    }
}

static void says_what_it_has_no_room_for(void **state)
{
    struct node nodes[BOOT_RAM_MAX + 1];
    struct device_tree_memory found = {0};
    const struct node nameless = {"memory", "memory", {0}, 0};
    void *tree = NULL;

    (void)state;
    for (unsigned i = 0; i <= BOOT_RAM_MAX; i++)
        nodes[i] = (struct node){"memory", "memory", {i, 1}, 2};
    tree = write_tree(1, 1, nodes, BOOT_RAM_MAX + 1);
    assert_true(device_tree_memory(tree, &found));
    assert_int_equal(found.count, BOOT_RAM_MAX);
    assert_false(found.complete);
    free(tree);
    tree = write_tree(1, 1, &nameless, 1);
    assert_true(device_tree_memory(tree, &found));
    assert_false(found.complete);
    free(tree);
}

static void refuses_headers(void **state)
{
    static const struct {
        unsigned word;
        uint32_t value;
    } wrong[] = {{0, 0xd00dfeee}, {1, 40}, {2, 57},         {2, 0xfffffffc}, {3, 0xffffffff},
                 {5, 16},         {6, 18}, {8, 0xffffffff}, {9, 0xfffffffc}};

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fdt32_t *tree = write_tree(2, 2, typical, 5);

        tree[wrong[i].word] = cpu_to_fdt32(wrong[i].value);
        assert_int_equal(device_tree_size(tree), 0);
        free(tree);
    }
}

/* Every word of the structure block in turn is something else, and the block ends after every word in turn. */
static void survives_damage(void **state)
{
    static const uint32_t values[] = {0, 1, 2, 3, 4, 5, 9, 0x7fffffff, 0xfffffffc, 0xffffffff};
    fdt32_t *tree = write_tree(2, 2, typical, 5);
    uint32_t first = fdt_off_dt_struct(tree) / 4;
    uint32_t words = fdt_size_dt_struct(tree) / 4;
    unsigned refused = 0;
    struct device_tree_memory found = {0};

    (void)state;
    for (uint32_t word = 0; word < words; word++) {
        fdt32_t old = tree[first + word];

        for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            tree[first + word] = cpu_to_fdt32(values[i]);
            refused += !device_tree_memory(tree, &found);
            assert_in_range(found.count, 0, BOOT_RAM_MAX);
        }
        tree[first + word] = old;
    }
    assert_true(refused > words);
    for (uint32_t word = 0; word < words; word++) {
        tree[9] = cpu_to_fdt32(word * 4);
        assert_true(device_tree_size(tree) != 0);
        assert_false(device_tree_memory(tree, &found));
    }
    tree[9] = cpu_to_fdt32(words * 4);
    tree[8] = 0; /* no strings: no property has a name */
    assert_true(device_tree_memory(tree, &found));
    assert_int_equal(found.count, 0);
    free(tree);
}

int test_device_tree(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_memory_nodes),
        cmocka_unit_test(reads_cells_of_all_widths),
        cmocka_unit_test(says_what_it_has_no_room_for),
        cmocka_unit_test(refuses_headers),
        cmocka_unit_test(survives_damage),
    };

    return cmocka_run_group_tests_name("device_tree", tests, NULL, NULL);
}
