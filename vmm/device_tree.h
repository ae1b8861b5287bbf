/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The device tree that the guest gets: the board of vm.h, with the guest's memory, command line and initramfs.
 */
#pragma once

#include <stdint.h>

enum { DEVICE_TREE_SIZE_MAX = 0x10000 };

/*
 * Writes it to `buffer`. initrd_start == initrd_end: there is none (guest physical addresses). Answers 0, or a negative
 * FDT_ERR_*; -FDT_ERR_NOSPACE: the command line is too long.
 */
int device_tree_write(void *buffer, uint32_t size, uint64_t initrd_start, uint64_t initrd_end);
