/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's own translation: EL2, everything at its physical address.
 */
#pragma once

#include <stdint.h>

/*
 * Fill the tables from boot_info. Runs before the MMU is on. Answers TCR_EL2 as boot.S sets it, or 0 when boot_info is
 * not one that this kernel understands.
 */
uint64_t stage1_build(void);

/* What could not be mapped as boot_info asks, or null. */
const char *stage1_problem(void);
