/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * See memory_nodes.h. The device tree is read where it lies, within RAM that boot_info vouches for.
 */
#include "memory_nodes.h"
#include "abi/boot_info.h"
#include "console.h"
#include "device_tree.h"
#include "types.h"

static bool in_ram(uint64_t base, uint64_t size, const struct boot_info *info)
{
    for (unsigned i = 0; i < BOOT_RAM_MAX; i++)
        if (base >= info->ram[i].base && range_fits(base - info->ram[i].base, size, info->ram[i].size))
            return true;
    return false;
}

static bool contains(const struct boot_range *ranges, unsigned count, struct boot_range wanted)
{
    for (unsigned i = 0; i < count; i++)
        if (ranges[i].base == wanted.base && ranges[i].size == wanted.size)
            return true;
    return false;
}

static bool agree(const struct device_tree_memory *found, const struct boot_info *info)
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
    struct device_tree_memory found = {0};
    uint64_t size = 0;

    if (is_aligned(device_tree, 8) && in_ram(device_tree, DEVICE_TREE_HEADER, info))
        size = device_tree_size(tree);
    if (size == 0 || !in_ram(device_tree, size, info) || !device_tree_memory(tree, &found)) {
        console_string("quoll: the loader gave no device tree, so RAM is as the image says\n");
        return;
    }
    if (agree(&found, info))
        return;
    console_string("quoll: the image was built for a board with other RAM than this one says it has\n");
    print_ranges("  image (used):      ", info->ram, BOOT_RAM_MAX);
    print_ranges("  device tree:       ", found.range, found.count);
    if (!found.complete)
        console_string("  (and memory nodes that were not understood)\n");
}
