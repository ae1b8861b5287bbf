/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Performance counters belong to nobody below EL2.
 */
#pragma once

#include "sysreg.h"

#define COUNTERS_TRAPS (MDCR_TPMCR | MDCR_TPM)
#define COUNTERS_EL0   UINT64_C(0)
#define COUNTERS_TIMER UINT64_C(0)

static inline void counters_init(void)
{
}
