/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines of serial's own are put together in a buffer of fixed size; what does not fit is cut off.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* `text` is NUL-terminated in `size` bytes and stays so. */
void text_append(char *text, size_t size, const char *more);
void text_append_number(char *text, size_t size, uint32_t number);
