/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Board facts out of a device tree (Devicetree Specification 0.4; GIC and timer as their bindings say). A tree that
 * lacks a fact is a mistake at the place that names the board.
 */
#include "tools/quoll/board.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "tools/quoll/arena.h"

enum { DTB_SIZE_MAX = 2 << 20, TIMER_VIRTUAL = 2, TIMER_HYPERVISOR = 3, CELLS_PER_INTERRUPT = 3 };

/* An interrupt specifier of the GIC: {0 SPI or 1 PPI, number, flags}. */
struct specifier {
    uint32_t line; /* INTID */
    bool edge;
};

static uint64_t cells_value(const fdt32_t *cells, int count)
{
    uint64_t value = 0;

    for (int i = 0; i < count; i++)
        value = value << 32 | fdt32_to_cpu(cells[i]);
    return value;
}

/* The n-th range of `reg`. False when the node has none, or cells of a width that no 64-bit machine has. */
static bool read_reg(const void *fdt, int node, int index, struct boot_range *range)
{
    int parent = fdt_parent_offset(fdt, node);
    int address_cells = parent < 0 ? -1 : fdt_address_cells(fdt, parent);
    int size_cells = parent < 0 ? -1 : fdt_size_cells(fdt, parent);
    int length = 0;
    const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &length);
    int each = address_cells + size_cells;

    if (reg == NULL || address_cells < 1 || address_cells > 2 || size_cells < 0 || size_cells > 2 ||
        (index + 1) * each * 4 > length)
        return false;
    range->base = cells_value(reg + index * each, address_cells);
    range->size = cells_value(reg + index * each + address_cells, size_cells);
    return true;
}

static bool read_interrupt(const void *fdt, int node, int index, struct specifier *specifier)
{
    int length = 0;
    const fdt32_t *cells = fdt_getprop(fdt, node, "interrupts", &length);
    uint32_t kind = 0;
    uint32_t number = 0;

    if (cells == NULL || (index + 1) * CELLS_PER_INTERRUPT * 4 > length)
        return false;
    cells += index * CELLS_PER_INTERRUPT;
    kind = fdt32_to_cpu(cells[0]);
    number = fdt32_to_cpu(cells[1]);
    if (kind > 1 || number >= (kind == 0 ? 988u : 16u))
        return false;
    specifier->line = number + (kind == 0 ? 32u : 16u);
    specifier->edge = (fdt32_to_cpu(cells[2]) & 3) != 0;
    return true;
}

static const char *text_property(const void *fdt, int node, const char *name)
{
    int length = 0;
    const char *text = fdt_getprop(fdt, node, name, &length);

    if (text == NULL || length <= 0 || memchr(text, '\0', (size_t)length) == NULL)
        return "";
    return arena_copy(text, strlen(text));
}

static bool is_kind(const void *fdt, int node, const char *device_type)
{
    return strcmp(text_property(fdt, node, "device_type"), device_type) == 0;
}

static void read_memory_and_cores(const void *fdt, struct board *board)
{
    for (int node = fdt_next_node(fdt, -1, NULL); node >= 0; node = fdt_next_node(fdt, node, NULL)) {
        struct boot_range range = {0};

        for (int i = 0; is_kind(fdt, node, "memory") && read_reg(fdt, node, i, &range); i++) {
            if (board->ram_count == BOOT_RAM_MAX || range.size == 0)
                break;
            board->ram[board->ram_count++] = range;
            board->ram_size += range.size;
        }
        if (is_kind(fdt, node, "cpu") && board->core_count < BOOT_CORE_MAX && read_reg(fdt, node, 0, &range))
            board->core_mpidr[board->core_count++] = range.base;
    }
}

static bool read_gic(const void *fdt, struct board *board)
{
    int node = fdt_node_offset_by_compatible(fdt, -1, "arm,gic-v3");
    struct boot_range distributor = {0};
    struct boot_range redistributor = {0};
    struct specifier maintenance = {0};

    if (node < 0 || !read_reg(fdt, node, 0, &distributor) || !read_reg(fdt, node, 1, &redistributor) ||
        !read_interrupt(fdt, node, 0, &maintenance))
        return false;
    board->gic_distributor = distributor.base;
    board->gic_redistributor = redistributor.base;
    board->gic_redistributor_size = redistributor.size;
    board->maintenance = maintenance.line;
    return true;
}

static bool read_timers(const void *fdt, struct board *board)
{
    int node = fdt_node_offset_by_compatible(fdt, -1, "arm,armv8-timer");
    struct specifier virtual = {0};
    struct specifier hypervisor = {0};

    if (node < 0 || !read_interrupt(fdt, node, TIMER_VIRTUAL, &virtual) ||
        !read_interrupt(fdt, node, TIMER_HYPERVISOR, &hypervisor))
        return false;
    board->virtual_timer = virtual.line;
    board->hypervisor_timer = hypervisor.line;
    return true;
}

/* The PL011 that /chosen names; a board without one has no boot messages. */
static void read_uart(const void *fdt, struct board *board)
{
    int chosen = fdt_path_offset(fdt, "/chosen");
    const char *path = chosen < 0 ? "" : text_property(fdt, chosen, "stdout-path");
    size_t length = strcspn(path, ":");
    int node = length == 0 ? -1 : fdt_path_offset_namelen(fdt, path, (int)length);
    struct boot_range range = {0};

    if (node >= 0 && fdt_node_check_compatible(fdt, node, "arm,pl011") == 0 && read_reg(fdt, node, 0, &range))
        board->uart = range.base;
}

static void read_devices(const void *fdt, struct board *board)
{
    int aliases = fdt_path_offset(fdt, "/aliases");
    int property = 0;

    if (aliases < 0)
        return;
    fdt_for_each_property_offset(property, fdt, aliases)
    {
        const char *name = NULL;
        int length = 0;
        const char *path = fdt_getprop_by_offset(fdt, property, &name, &length);
        int node = path == NULL || length < 1 ? -1 : fdt_path_offset_namelen(fdt, path, length - 1);
        struct boot_range range = {0};
        struct specifier interrupt = {0};
        struct board_device *device = NULL;

        if (node < 0 || !read_reg(fdt, node, 0, &range) || range.size == 0 || range.base + range.size < range.base)
            continue;
        device = ARRAY_ADD(board->devices, board->device_count);
        *device =
            (struct board_device){.name = arena_copy(name, strlen(name)), .address = range.base, .size = range.size};
        device->has_interrupt = read_interrupt(fdt, node, 0, &interrupt);
        device->interrupt = interrupt.line;
        device->edge = interrupt.edge;
    }
}

static void read_qemu(const void *fdt, struct board *board)
{
    int node = fdt_path_offset(fdt, "/quoll,qemu");

    board->qemu_machine = node < 0 ? "" : text_property(fdt, node, "machine");
    board->cpu = node < 0 ? "" : text_property(fdt, node, "cpu");
}

/* The tree's bytes: of a .dtb, or what dtc makes of a .dts. False after a report. */
static bool load_tree(const char *path, struct position at, struct file *tree)
{
    size_t length = strlen(path);
    int status = 0;

    if (length > 4 && strcmp(path + length - 4, ".dts") == 0) {
        const char *const arguments[] = {"dtc", "-q", "-I", "dts", "-O", "dtb", path, NULL};

        status = program_run(arguments, "", 0, tree);
        if (status == 127)
            fail("dtc is missing; install the package device-tree-compiler");
        if (status != 0) {
            mistake(at, "dtc does not accept the board %s; correct what it says above", path);
            return false;
        }
    } else {
        file_read(path, DTB_SIZE_MAX, tree);
    }
    if (tree->size < sizeof(struct fdt_header) || fdt_check_full(tree->data, tree->size) != 0) {
        mistake(at, "the board %s is not a device tree blob; make it with dtc, or name the .dts", path);
        return false;
    }
    return true;
}

static const char *find_tree(const char *name, const struct search *search)
{
    size_t length = strlen(name);
    const char *path = NULL;

    if (length > 4 && (strcmp(name + length - 4, ".dts") == 0 || strcmp(name + length - 4, ".dtb") == 0))
        return file_find(search, name);
    path = file_find(search, arena_print("boards/%s.dtb", name));
    return path != NULL ? path : file_find(search, arena_print("boards/%s.dts", name));
}

static bool overlap(uint64_t base, uint64_t size, const struct boot_range *range)
{
    return base < range->base + range->size && range->base < base + size;
}

/* RAM on pages, no two ranges over one another, no device in RAM. */
static void check_ranges(const struct board *board, const char *path, struct position at)
{
    for (unsigned i = 0; i < board->ram_count; i++) {
        const struct boot_range *range = &board->ram[i];

        if (range->base % 4096 != 0 || range->size % 4096 != 0 || range->base + range->size < range->base)
            mistake(at, "the RAM of %s at 0x%" PRIx64 " is not made of whole pages of 4KiB; correct its `reg`", path,
                    range->base);
        for (unsigned j = 0; j < i; j++)
            if (overlap(range->base, range->size, &board->ram[j]))
                mistake(at, "two memory nodes of %s overlap at 0x%" PRIx64 "; correct their `reg`", path, range->base);
        for (unsigned j = 0; j < board->device_count; j++)
            if (overlap(board->devices[j].address, board->devices[j].size, range))
                mistake(at, "the device `%s` of %s lies in RAM at 0x%" PRIx64 "; correct its `reg`",
                        board->devices[j].name, path, board->devices[j].address);
    }
}

struct board *board_read(const char *name, struct position at, const struct search *search)
{
    struct board *board = arena_allocate(1, sizeof *board);
    const char *path = find_tree(name, search);
    struct file tree = {0};

    if (path == NULL) {
        mistake(at, "the board `%s` (boards/%s.dts) is in none of the folders %s; %s", name, name,
                search_folders(search), search_remedy(search, "write for example `board: qemu-virt`"));
        return NULL;
    }
    if (!load_tree(path, at, &tree))
        return NULL;
    board->name = name;
    read_memory_and_cores(tree.data, board);
    read_uart(tree.data, board);
    read_devices(tree.data, board);
    read_qemu(tree.data, board);
    if (board->ram_count == 0)
        mistake(at, "the board %s has no memory node; write one", path);
    if (board->core_count == 0)
        mistake(at, "the board %s has no cpu nodes; write them", path);
    if (!read_gic(tree.data, board))
        mistake(at, "the board %s has no node `arm,gic-v3` with two ranges and an interrupt; write one", path);
    if (!read_timers(tree.data, board))
        mistake(at, "the board %s has no node `arm,armv8-timer` with four interrupts; write one", path);
    check_ranges(board, path, at);
    return board;
}

const struct board_device *board_device_find(const struct board *board, const char *name)
{
    for (unsigned i = 0; i < board->device_count; i++)
        if (strcmp(board->devices[i].name, name) == 0)
            return &board->devices[i];
    return NULL;
}
