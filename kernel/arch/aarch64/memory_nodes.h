/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the loader's device tree says about RAM.
 */
#pragma once

#include <stdint.h>

struct boot_info;

/*
 * Compare the memory nodes of the device tree at a physical address with boot_info->ram; where they disagree, both
 * are printed and boot_info is believed. A device tree that is missing or broken is noted.
 */
void memory_nodes_check(uint64_t device_tree, const struct boot_info *info);
