/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From the architecture's start-up code to root.
 */
#pragma once

#include "abi/boot_info.h"

/* Make root and all first objects out of the boot information; `image` is where the image was loaded. */
void kernel_boot(const struct boot_info *info, uint64_t image);
