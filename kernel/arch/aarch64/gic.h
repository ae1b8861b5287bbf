/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The physical GICv3, besides what arch.h has of it.
 */
#pragma once

#include "core.h"
#include <stdint.h>

struct boot_info;

enum { GIC_SPURIOUS = 1020 }; /* 1020..1023: nothing to take (IHI 0069, 2.2.1) */

/* Distributor and this core's redistributor and CPU interface; all lines but the kernel's own are disabled. */
void gic_init(struct core *core, const struct boot_info *info);

/* Take the most urgent interrupt; its priority is dropped at once, it stays active until arch_interrupt_complete. */
uint32_t gic_take(void);
