/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Takes the place of lib/rt/cache.h in host programs, whose caches need no help.
 */
#pragma once

#include <stdint.h>

static inline void cache_publish_code(const void *start, uint64_t size)
{
    (void)start;
    (void)size;
}
