/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "device_tree.h"

#include "types.h"

/* Words of the header (5.2) and of the structure block (5.4): big-endian, 32 bits. */
enum {
    WORD_MAGIC = 0,
    WORD_TOTAL = 1,
    WORD_STRUCTURE = 2,
    WORD_STRINGS = 3,
    WORD_VERSION = 5,
    WORD_COMPATIBLE = 6, /* the oldest version that the tree can be read as */
    WORD_STRINGS_SIZE = 8,
    WORD_STRUCTURE_SIZE = 9,
    VERSION = 17, /* the current one */
    TOKEN_BEGIN_NODE = 1,
    TOKEN_END_NODE = 2,
    TOKEN_PROPERTY = 3,
    TOKEN_NOP = 4,
    TOKEN_END = 9,
    DEPTH_ROOT = 1,   /* of the root's properties */
    DEPTH_MEMORY = 2, /* of those of the nodes below it */
    CELLS_MAX = 2,
};
#define MAGIC 0xd00dfeed

/* A property, its value's bytes within the structure block. */
struct property {
    const uint32_t *value;
    uint32_t size;
    uint32_t name; /* offset into the strings block */
};

struct reader {
    const uint32_t *at, *end; /* words of the structure block that are left */
    const char *strings;
    uint32_t strings_size;
};

/* What is known of the root, and of the node below it whose properties were read last. */
struct nodes {
    uint32_t address_cells, size_cells;
    bool memory; /* its device_type says so */
    struct property reg;
};

static uint32_t word(const uint32_t *at)
{
    return __builtin_bswap32(*at);
}

uint64_t device_tree_size(const void *tree)
{
    const uint32_t *header = tree;
    uint64_t total = word(&header[WORD_TOTAL]);

    if (word(&header[WORD_MAGIC]) != MAGIC || word(&header[WORD_VERSION]) < VERSION ||
        word(&header[WORD_COMPATIBLE]) > VERSION || !is_aligned(word(&header[WORD_STRUCTURE]), sizeof(uint32_t)) ||
        !range_fits(word(&header[WORD_STRUCTURE]), word(&header[WORD_STRUCTURE_SIZE]), total) ||
        !range_fits(word(&header[WORD_STRINGS]), word(&header[WORD_STRINGS_SIZE]), total))
        return 0;
    return total;
}

static bool name_is(const struct reader *reader, const struct property *property, const char *name)
{
    for (uint64_t i = property->name; i < reader->strings_size; i++, name++) {
        if (reader->strings[i] != *name)
            return false;
        if (*name == '\0')
            return true;
    }
    return false;
}

/* A node's name: words up to the one with the terminating zero byte. */
static bool skip_name(struct reader *reader)
{
    while (reader->at < reader->end) {
        uint32_t letters = *reader->at++;

        if (((letters - 0x01010101) & ~letters & 0x80808080) != 0)
            return true;
    }
    return false;
}

static bool read_property(struct reader *reader, struct property *property)
{
    uint64_t left = (uint64_t)(reader->end - reader->at);

    if (left < 2)
        return false;
    *property = (struct property){reader->at + 2, word(&reader->at[0]), word(&reader->at[1])};
    if (property->size > (left - 2) * sizeof(uint32_t))
        return false;
    reader->at += 2 + (property->size + sizeof(uint32_t) - 1) / sizeof(uint32_t);
    return true;
}

static void root_property(const struct reader *reader, const struct property *property, struct nodes *nodes)
{
    uint32_t cells = property->size == sizeof(uint32_t) ? word(property->value) : 0;

    if (name_is(reader, property, "#address-cells"))
        nodes->address_cells = cells;
    else if (name_is(reader, property, "#size-cells"))
        nodes->size_cells = cells;
}

static void node_property(const struct reader *reader, const struct property *property, struct nodes *nodes)
{
    const char memory[] = "memory";
    const char *value = (const char *)property->value;
    uint32_t same = 0;

    if (name_is(reader, property, "reg"))
        nodes->reg = *property;
    if (property->size != sizeof(memory) || !name_is(reader, property, "device_type"))
        return;
    while (same < sizeof(memory) && value[same] == memory[same])
        same++;
    nodes->memory = same == sizeof(memory);
}

static uint64_t read_cells(const uint32_t *cell, uint32_t cells)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < cells; i++)
        value = value << 32 | word(&cell[i]);
    return value;
}

static void add_node(const struct nodes *nodes, struct device_tree_memory *found)
{
    uint32_t cells = nodes->address_cells + nodes->size_cells;

    if (nodes->reg.value == NULL || nodes->address_cells < 1 || nodes->address_cells > CELLS_MAX ||
        nodes->size_cells < 1 || nodes->size_cells > CELLS_MAX) {
        found->complete = false;
        return;
    }
    for (uint32_t at = 0; at + cells <= nodes->reg.size / sizeof(uint32_t); at += cells) {
        struct boot_range range = {read_cells(&nodes->reg.value[at], nodes->address_cells),
                                   read_cells(&nodes->reg.value[at + nodes->address_cells], nodes->size_cells)};

        if (range.size == 0)
            continue;
        if (found->count == BOOT_RAM_MAX) {
            found->complete = false;
            return;
        }
        found->range[found->count++] = range;
    }
}

/* A property tells of its node or of nothing that matters; a node's properties come before the nodes below it. */
static bool take_property(struct reader *reader, unsigned depth, struct nodes *nodes)
{
    struct property property = {0};

    if (!read_property(reader, &property))
        return false;
    if (depth == DEPTH_ROOT)
        root_property(reader, &property, nodes);
    else if (depth == DEPTH_MEMORY)
        node_property(reader, &property, nodes);
    return true;
}

bool device_tree_memory(const void *tree, struct device_tree_memory *found)
{
    const uint32_t *header = tree;
    const uint32_t *structure = header + word(&header[WORD_STRUCTURE]) / sizeof(uint32_t);
    struct reader reader = {
        .at = structure,
        .end = structure + word(&header[WORD_STRUCTURE_SIZE]) / sizeof(uint32_t),
        .strings = (const char *)tree + word(&header[WORD_STRINGS]),
        .strings_size = word(&header[WORD_STRINGS_SIZE]),
    };
    struct nodes nodes = {.address_cells = 2, .size_cells = 1};
    unsigned depth = 0;

    *found = (struct device_tree_memory){.complete = true};
    /* Every turn goes on by a word at least. */
    while (reader.at < reader.end) {
        switch (word(reader.at++)) {
        case TOKEN_BEGIN_NODE:
            if (!skip_name(&reader))
                return false;
            if (++depth == DEPTH_MEMORY) {
                nodes.memory = false;
                nodes.reg.value = NULL;
            }
            break;
        case TOKEN_PROPERTY:
            if (!take_property(&reader, depth, &nodes))
                return false;
            break;
        case TOKEN_END_NODE:
            if (depth == 0)
                return false;
            if (depth-- == DEPTH_MEMORY && nodes.memory)
                add_node(&nodes, found);
            break;
        case TOKEN_NOP:
            break;
        case TOKEN_END:
            return depth == 0;
        default:
            return false;
        }
    }
    return false;
}
