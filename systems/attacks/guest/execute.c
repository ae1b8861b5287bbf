/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "execute.h"

#define RET 0xd65f03c0

void execute_call(const void *code, const uint64_t registers[16]);

static volatile uint32_t code[2] __attribute__((aligned(64)));

uint64_t execute(uint32_t instruction, const uint64_t registers[16])
{
    code[0] = instruction;
    code[1] = RET;
    __asm__ volatile("dsb sy\n\tdc cvau, %0\n\tdsb sy\n\tic ivau, %0\n\tdsb sy\n\tisb" : : "r"(code) : "memory");
    execute_call((const void *)code, registers);
    return registers[0];
}

uint64_t execute_with(uint32_t instruction, uint64_t x0, uint64_t x1)
{
    uint64_t registers[16] = {x0, x1};

    return execute(instruction, registers);
}

uint32_t any_access(uint64_t draw)
{
    static const uint32_t some[] = {
        0x39400020, 0x79400020, 0xb9400020, 0xf9400020, 0x39000020, 0x79000020, 0xb9000020, 0xf9000020, /* plain */
        0x39800020, 0x79800020, 0xb9800020, 0x39c00020, 0x79c00020,                                     /* signed */
        0xb9400020, 0xb9000020, 0xb9400020, 0xb9000020, 0xb900003f,                                     /* and xzr */
        0xf8408420, 0xf8008c20, 0xb8404c20, 0xb8004420,                         /* with write-back */
        0xa9400820, 0xa9000820, 0xa8c10820, 0x29400820,                         /* pairs */
        0x885f7c20, 0x88027c20, 0xc85ffc20, 0xc802fc20, 0xc87f0c20, 0x48227c20, /* exclusive */
        0xc8dffc20, 0xc89ffc20, 0x88dffc20, 0x089ffc20,                         /* acquire, release */
        0x3dc00020, 0x3d800020, 0xfd400020, 0xbd000020, 0xad400420,             /* SIMD registers */
        0x4c402020, 0x4c002020, 0x4c400020, 0x0d400020, 0x4d40c020,             /* SIMD structures */
        0xf8400820, 0xf8000820, 0xf9800020, 0xb8200020,                         /* unprivileged, prefetch, atomic */
        0xd50b7421, 0xd50b7e21, 0xd50b7b21, 0xd5087621, 0xd50b7521,             /* DC ZVA CIVAC CVAU IVAC, IC IVAU */
        0xd5087801, 0xd5087821,                                                 /* AT S1E1R, S1E1W */
    };

    return some[draw % (sizeof(some) / sizeof(some[0]))];
}
