/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CHECK is always on and means that the kernel has a bug. What a component or guest can cause is never a CHECK.
 */
#pragma once

_Noreturn void panic(const char *file, int line, const char *what);

#define CHECK(condition)                           \
    do {                                           \
        if (!(condition))                          \
            panic(__FILE__, __LINE__, #condition); \
    } while (0)
