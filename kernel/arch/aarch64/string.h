/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The string functions that the compiler may call, and strlen; as the C standard has them.
 */
#pragma once

#include <stddef.h>

void *memset(void *destination, int byte, size_t size);
void *memcpy(void *restrict destination, const void *restrict source, size_t size);
void *memmove(void *destination, const void *source, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *string);
