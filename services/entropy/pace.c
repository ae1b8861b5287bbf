/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "pace.h"

bool pace_allows(struct pace *pace, uint64_t now)
{
    if (now - pace->begin >= pace->period)
        pace->spent = 0;
    return pace->spent < pace->share;
}

void pace_spend(struct pace *pace, uint64_t begin, uint64_t end)
{
    if (pace->spent == 0)
        pace->begin = begin;
    pace->spent += end - begin;
}

uint64_t pace_next(const struct pace *pace)
{
    return pace->begin + pace->period;
}
