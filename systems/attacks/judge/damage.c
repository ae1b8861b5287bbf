/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The VMM writes device tree, kernel and initramfs in this order (vmm/load.c), each at a multiple of 2 MiB:
 *
 *   | kernel .. | initramfs .. | device tree |
 */
#include "damage.h"

enum { STEP = 0x200000, PAGE = 4096, IMAGE_MAGIC = 0x644d5241, IMAGE_MAGIC_AT = 0x38, TREE_MAGIC = 0xedfe0dd0 };
/* Calls until what has begun to be there is whole: it takes less than one budget of the vCPU. And until it has vectors.
 */
enum { LOADED_LOOKS = 4, VECTORS_LOOKS = 40 };
enum { KERNEL_WAYS = 4, KERNEL_HEADER = 1 };
enum { HOLE = 0x40000, TREE_HEADER_WORDS = 10, TREE_PROPERTY = 0x03000000, RAM_ADDRESS = 0x00000040 /* big-endian */ };

#define TRASH UINT64_C(0x6873617254736968) /* linux-module/attack.c */

struct range {
    uint64_t begin, end;
};

static volatile uint8_t *ram;
static uint64_t ram_size;
static unsigned looks;

void damage_begin(void)
{
    looks = 0;
}

static volatile uint32_t *word_at(uint64_t offset)
{
    return (volatile uint32_t *)(ram + offset);
}

static uint64_t pick(uint64_t *random, uint64_t limit)
{
    return attack_random(random) % limit;
}

/* Numbers that wrap, are negative, or lead just beyond something. */
static uint32_t liar(uint64_t *random)
{
    static const uint32_t some[] = {0,       1,          3,          0x38,       0x1000,    0xffff,
                                    0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    uint64_t draw = attack_random(random);

    return draw >> 60 < 4 ? (uint32_t)draw : __builtin_bswap32(some[draw % (sizeof(some) / sizeof(some[0]))]);
}

/* Where the tree is, once its header says that it is whole (libfdt writes the magic last). */
static bool find_tree(struct range *tree)
{
    for (uint64_t at = 0; at < ram_size; at += STEP)
        if (*word_at(at) == TREE_MAGIC) {
            uint32_t size = __builtin_bswap32(*word_at(at + 4));

            *tree = (struct range){at, at + (size < STEP ? size : STEP)};
            return true;
        }
    return false;
}

/* The VMM copied the kernel before, and does nothing but this copy and the start of the vCPU behind. */
static bool find_initramfs(uint64_t tree, struct range *initramfs)
{
    for (uint64_t at = STEP; at < tree; at += STEP)
        if ((*word_at(at) & 0xffff) == 0x8b1f) {
            *initramfs = (struct range){at, tree};
            return ++looks > LOADED_LOOKS;
        }
    return false;
}

static bool find_kernel(uint64_t end, struct range *kernel)
{
    for (uint64_t at = 0; at < end; at += STEP)
        if (*word_at(at + IMAGE_MAGIC_AT) == IMAGE_MAGIC) {
            *kernel = (struct range){at, end};
            return true;
        }
    return false;
}

/* Behind the last byte is nothing but zeroes. */
static void trim(struct range *range)
{
    while (range->end > range->begin && *word_at(range->end - 4) == 0)
        range->end -= 4;
}

static uint64_t flip(struct range range, uint64_t *random, uint64_t bits)
{
    for (uint64_t i = 0; i < bits; i++) {
        uint64_t bit = pick(random, (range.end - range.begin) * 8);

        ram[range.begin + bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    return bits;
}

/* From somewhere on nothing of it has come, or a piece of it has not. */
static uint64_t cut(struct range range, uint64_t *random, uint64_t longest)
{
    uint64_t begin = range.begin + (pick(random, range.end - range.begin) & ~UINT64_C(7));
    uint64_t end = begin + longest < range.end ? begin + longest : range.end;

    for (uint64_t at = begin; at < end; at += 4)
        *word_at(at) = 0;
    return end - begin;
}

/* The size of memory, or its address, with the others as they were. */
static uint64_t lie_about_memory(struct range tree, uint64_t *random)
{
    for (uint64_t at = tree.begin; at + 16 < tree.end; at += 4)
        if (*word_at(at) == 0 && *word_at(at + 4) == RAM_ADDRESS && *word_at(at + 8) == 0) {
            *word_at(at + 4 * pick(random, 4)) = liar(random);
            return 4;
        }
    return 0;
}

static uint64_t lie_about_a_property(struct range tree, uint64_t *random)
{
    uint64_t words = (tree.end - tree.begin) / 4;

    for (uint64_t i = 0, from = pick(random, words); i < words; i++) {
        uint64_t at = tree.begin + 4 * ((from + i) % (words - 1));

        if (*word_at(at) == TREE_PROPERTY) {
            *word_at(at + 4) = liar(random);
            return 4;
        }
    }
    return 0;
}

static uint64_t spoil_tree(struct range tree, uint64_t *random)
{
    switch (pick(random, 6)) {
    case 0:
        return cut(tree, random, STEP);
    case 1:
        *word_at(tree.begin) = liar(random);
        return 4;
    case 2:
        *word_at(tree.begin + 4 * pick(random, TREE_HEADER_WORDS)) = liar(random);
        return 4;
    case 3:
        return lie_about_memory(tree, random);
    case 4:
        return lie_about_a_property(tree, random);
    default:
        return flip(tree, random, 1 + pick(random, 64));
    }
}

/*
 * A Linux that dies with its MMU on before it has vectors takes exceptions without an instruction between them, and no
 * time passes in the emulator then: only what it executes with its MMU off is spoiled before.
 */
static bool is_time_for_kernel(uint64_t random)
{
    return looks > (pick(&random, KERNEL_WAYS) == KERNEL_HEADER ? LOADED_LOOKS : VECTORS_LOOKS);
}

static uint64_t spoil_kernel(struct range kernel, uint64_t *random)
{
    switch (pick(random, KERNEL_WAYS)) {
    case 0:
        return cut(kernel, random, HOLE);
    case KERNEL_HEADER: /* its entry and the rest */
        *word_at(kernel.begin + 4 * pick(random, 16)) = liar(random);
        return 4;
    default:
        return flip(kernel, random, 1 + pick(random, 4096));
    }
}

static uint64_t spoil_initramfs(struct range initramfs, uint64_t *random)
{
    trim(&initramfs);
    switch (pick(random, 4)) {
    case 0:
        return cut(initramfs, random, STEP);
    case 1: /* magic, flags, and the time of the first archive */
        *word_at(initramfs.begin + 4 * pick(random, 2)) = liar(random);
        return 4;
    case 2: /* checksum and size of the last one */
        *word_at((initramfs.end - 4) & ~UINT64_C(3)) = liar(random);
        return 4;
    default:
        return flip(initramfs, random, 1 + pick(random, 256));
    }
}

uint64_t damage_file(enum attack_number attack, uint64_t *random)
{
    struct range tree = {0}, initramfs = {0}, kernel = {0};

    ram = guest_ram(GUEST_linux_root, &ram_size);
    if (ram == 0 || !find_tree(&tree))
        return 0;
    if (attack == ATTACK_device_tree)
        return spoil_tree(tree, random);
    if (!find_initramfs(tree.begin, &initramfs))
        return 0;
    if (attack == ATTACK_initramfs)
        return spoil_initramfs(initramfs, random);
    return is_time_for_kernel(*random) && find_kernel(initramfs.begin, &kernel) ? spoil_kernel(kernel, random) : 0;
}

/* A half of them in the first eighth: the rest may lie where nothing does. */
uint64_t damage_flip(enum guest_number number, uint64_t *random, unsigned bits)
{
    ram = guest_ram(number, &ram_size);
    if (ram == 0)
        return 0;
    return flip((struct range){0, ram_size}, random, bits / 2) +
           flip((struct range){0, ram_size / 8}, random, bits - bits / 2);
}

uint64_t damage_trashed(void)
{
    uint64_t pages = 0;

    ram = guest_ram(GUEST_linux_root, &ram_size);
    for (uint64_t at = 0; ram != 0 && at < ram_size; at += PAGE)
        pages += *(volatile uint64_t *)(ram + at) == TRASH;
    return pages;
}
