/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#define READ(name)                                                          \
    ({                                                                      \
        uint64_t read_value = 0;                                            \
        __asm__ volatile("mrs %0, " #name : "=r"(read_value) : : "memory"); \
        read_value;                                                         \
    })
#define WRITE(name, value) __asm__ volatile("msr " #name ", %0" : : "r"((uint64_t)(value)) : "memory")
