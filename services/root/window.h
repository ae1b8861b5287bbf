/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Root's view into memory that belongs to others, one range at a time.
 */
#pragma once

#include <stdint.h>

#include "abi/calls.h"

/* Maps `size` bytes at `offset` of a memory object and answers where. Sizes up to 128 MiB. */
enum quoll_error window_open(uint32_t memory, uint64_t offset, uint64_t size, uint64_t attributes, void **window);
enum quoll_error window_close(void *window);
