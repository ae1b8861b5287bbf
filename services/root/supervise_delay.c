/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "supervise.h"

enum { FREE = 1, LIMIT = 8, FIRST_MS = 100, NS_PER_MS = 1000000 };

uint64_t supervise_delay_ns(unsigned failures)
{
    if (failures <= FREE)
        return 0;
    if (failures > LIMIT)
        return UINT64_MAX;
    return ((uint64_t)FIRST_MS * NS_PER_MS) << (failures - FREE - 1);
}
