/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The memory nodes of a flattened device tree (Devicetree Specification 0.4, chapter 5), in one pass over it. Only
 * this is read, once, before root runs; libfdt's general walk would be a fifth of the kernel's text and three quarters
 * of the time that it takes to boot.
 */
#pragma once

#include "abi/boot_info.h"
#include <stdbool.h>

enum { DEVICE_TREE_HEADER = 40 }; /* bytes that device_tree_size() reads */

struct device_tree_memory {
    unsigned count;
    bool complete; /* all were understood, and there was room for them */
    struct boot_range range[BOOT_RAM_MAX];
};

/* Bytes of the tree; 0 when its header is not one that is understood. `tree` is 8-byte aligned. */
uint64_t device_tree_size(const void *tree);

/*
 * What the memory nodes below the root say, empty ranges left out. False when the tree is broken; nothing outside the
 * bytes that device_tree_size() answered, not 0, is read.
 */
bool device_tree_memory(const void *tree, struct device_tree_memory *found);
