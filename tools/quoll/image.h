/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The boot image: kernel | boot_info | kernel's tables | root's segments | plan, as abi/boot_info.h and abi/plan.h say.
 */
#pragma once

#include "tools/quoll/elf.h"
#include "tools/quoll/tables.h"

/* The programs that belong to the tables, and where the image has what. */
struct layout {
    const struct tables *tables;
    struct program root;
    struct program programs[COMPONENT_MAX];
    struct file kernel;
    uint64_t kernel_size; /* in the image, bss included */
    uint64_t tables_size; /* its own translation tables */
    uint64_t root_offset, root_size;
    uint64_t root_stack_top;
    uint64_t plan_offset, plan_size;
    uint64_t image_size;
};

/* Bytes of RAM and what for: sums for the report and the check. */
struct ram_use {
    uint64_t image, root_pool, programs, stacks, pools, regions, guests;
    uint64_t total;
};

/* Finds and reads all programs. False after mistakes. */
bool layout_programs(struct layout *layout, const struct tables *tables, const struct search *search);

/* What the system needs of the board's RAM; a report at the top of the description when that is too little. */
struct ram_use layout_ram(const struct layout *layout);
bool layout_check_ram(const struct layout *layout);

/* Whether bytes begin with the arm64 boot header; of its fields, little-endian words, these are where they are. */
enum { ARM64_TEXT_OFFSET = 8, ARM64_IMAGE_SIZE = 16, ARM64_FLAGS = 24, ARM64_BIG_ENDIAN = 1 << 0 };
bool image_is_arm64(const unsigned char *data, size_t size);

/* Makes the whole image (reads the modules' files) and sets the offsets. */
void image_make(struct layout *layout, const char *kernel_path, struct file *image);

/* The plan alone; `base` is its offset in the image, so that large modules can lie on 2 MiB. */
void plan_make(const struct layout *layout, uint64_t base, struct file *plan);

/* A buffer that grows; for image and plan. */
struct buffer {
    unsigned char *data;
    uint64_t size;
    uint64_t room;
};
uint64_t buffer_add(struct buffer *buffer, const void *data, uint64_t size);
void buffer_align(struct buffer *buffer, uint64_t alignment, uint64_t base);
