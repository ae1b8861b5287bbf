/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Performance counters belong to nobody below EL2.
 */
#pragma once

#include "abi/trace.h"
#include "arch_inline.h"
#include "sysreg.h"

#define COUNTERS_TRAPS (MDCR_TPMCR | MDCR_TPM)
#define COUNTERS_EL0   UINT64_C(0)
#define COUNTERS_TIMER UINT64_C(0)

static inline void counters_init(void)
{
}

/* In what the trace counts how long the kernel runs. */
#define COUNTERS_STRETCH_UNIT QUOLL_TRACE_TICKS

static inline uint64_t counters_stretch(void)
{
    return arch_counter();
}
