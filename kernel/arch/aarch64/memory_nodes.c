/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * See memory_nodes.h. The device tree is read where it lies, within RAM that boot_info vouches for; libfdt checks all
 * offsets against the total size, which is checked here.
 */
#include "memory_nodes.h"
#include "abi/boot_info.h"
#include "console.h"
#include "types.h"
#include <libfdt.h>

/* A device tree with more memory nodes or wider cells than this is reported as not understood. */
enum { RANGE_MAX = BOOT_RAM_MAX, CELLS_MAX = 2, HEADER_SIZE = 40 };

struct ranges {
    unsigned count;
    bool complete; /* all were understood */
    struct boot_range range[RANGE_MAX];
};

static bool in_ram(uint64_t base, uint64_t size, const struct boot_info *info)
{
    for (unsigned i = 0; i < BOOT_RAM_MAX; i++)
        if (base >= info->ram[i].base && range_fits(base - info->ram[i].base, size, info->ram[i].size))
            return true;
    return false;
}

/* A number of `cells` big-endian words. */
static uint64_t read_cells(const fdt32_t *cell, int cells)
{
    uint64_t value = 0;

    for (int i = 0; i < cells; i++)
        value = value << 32 | fdt32_to_cpu(cell[i]);
    return value;
}

/* A cell count of the root node; fdt_addresses.c of libfdt would bring SIMD code into the kernel. */
static int root_cells(const void *tree, const char *name, int absent)
{
    int length = 0;
    const fdt32_t *cells = fdt_getprop(tree, 0, name, &length);

    return cells == NULL ? absent : length == (int)sizeof(*cells) ? (int)fdt32_to_cpu(*cells) : 0;
}

static void add_node(const void *tree, int node, struct ranges *ranges)
{
    int address_cells = root_cells(tree, "#address-cells", 2);
    int size_cells = root_cells(tree, "#size-cells", 1);
    int length = 0;
    const fdt32_t *reg = fdt_getprop(tree, node, "reg", &length);

    if (reg == NULL || address_cells < 1 || address_cells > CELLS_MAX || size_cells < 1 || size_cells > CELLS_MAX) {
        ranges->complete = false;
        return;
    }

    int cells = address_cells + size_cells;

    for (int at = 0; at + cells <= length / 4; at += cells) {
        struct boot_range range = {read_cells(reg + at, address_cells),
                                   read_cells(reg + at + address_cells, size_cells)};

        if (range.size == 0)
            continue;
        if (ranges->count == RANGE_MAX) {
            ranges->complete = false;
            return;
        }
        ranges->range[ranges->count++] = range;
    }
}

static bool contains(const struct boot_range *ranges, unsigned count, struct boot_range wanted)
{
    for (unsigned i = 0; i < count; i++)
        if (ranges[i].base == wanted.base && ranges[i].size == wanted.size)
            return true;
    return false;
}

static bool agree(const struct ranges *found, const struct boot_info *info)
{
    for (unsigned i = 0; i < BOOT_RAM_MAX; i++)
        if (info->ram[i].size != 0 && !contains(found->range, found->count, info->ram[i]))
            return false;
    for (unsigned i = 0; i < found->count; i++)
        if (!contains(info->ram, BOOT_RAM_MAX, found->range[i]))
            return false;
    return found->complete;
}

static void print_ranges(const char *who, const struct boot_range *ranges, unsigned count)
{
    console_string(who);
    for (unsigned i = 0; i < count; i++) {
        if (ranges[i].size == 0)
            continue;
        console_string(" ");
        console_hex(ranges[i].base);
        console_string("+");
        console_hex(ranges[i].size);
    }
    console_string("\n");
}

void memory_nodes_check(uint64_t device_tree, const struct boot_info *info)
{
    const void *tree = paddr_pointer(paddr(device_tree));

    if (!is_aligned(device_tree, 8) || !in_ram(device_tree, HEADER_SIZE, info) || fdt_check_header(tree) != 0 ||
        !in_ram(device_tree, fdt_totalsize(tree), info)) {
        console_string("quoll: the loader gave no device tree, so RAM is as the image says\n");
        return;
    }

    struct ranges found = {.complete = true};
    int node = fdt_node_offset_by_prop_value(tree, -1, "device_type", "memory", sizeof("memory"));

    /* At most as many as the tree has nodes. */
    while (node >= 0) {
        add_node(tree, node, &found);
        node = fdt_node_offset_by_prop_value(tree, node, "device_type", "memory", sizeof("memory"));
    }
    if (agree(&found, info))
        return;
    console_string("quoll: the image was built for a board with other RAM than this one says it has\n");
    print_ranges("  image (used):      ", info->ram, BOOT_RAM_MAX);
    print_ranges("  device tree:       ", found.range, found.count);
    if (!found.complete)
        console_string("  (and memory nodes that were not understood)\n");
}
