/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How many translation tables the kernel fills for itself at boot (kernel/arch/aarch64/stage1.c).
 */
#pragma once

#include <stdint.h>

#include "tools/quoll/board.h"

/* No fewer than the kernel needs on this board, wherever in RAM the image is loaded. */
uint32_t stage1_table_count(const struct board *board);
