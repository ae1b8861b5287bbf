/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the victim's peer makes of word i of a request.
 */
#pragma once

#include <stdint.h>

static inline uint64_t exchange_answer(uint64_t word, unsigned i)
{
    return ~(word << (i + 1) | word >> (63 - i)) + i;
}
