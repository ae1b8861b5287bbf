/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * When what is measured, in time since reset: twice, after the guests' load has begun. Behind each phase `reporter`
 * prints what was seen so far.
 */
#pragma once

#include <stdint.h>

#define PHASE_SECOND UINT64_C(1000000000)

enum { PHASES = 2 };

struct phase {
    uint64_t begin_ns, end_ns;
};

static const struct phase phases[PHASES] = {
    {7 * PHASE_SECOND, 8 * PHASE_SECOND},
    {10 * PHASE_SECOND, 59 * PHASE_SECOND},
};

enum { PHASE_REPORT_NS = 100000000 }; /* everybody has written what it measured by then */
