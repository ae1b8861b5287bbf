/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * simd_start: the first instructions of a thread; x0 = argument 0. Everything that is not zero goes to simd_started.
 * uint64_t simd_keep(uint64_t pattern, uint64_t deadline): fills v0..v31 and sleeps; what differs then.
 */
#include "lib/asm/registers.inc"

    .macro gather_x, n
    orr x0, x0, x\n
    .endm

    .text
    .global simd_start
    .type simd_start, %function
simd_start:
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    gather_x \n
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fmov x1, d\n
    orr x0, x0, x1
    mov x1, v\n\().d[1]
    orr x0, x0, x1
    .endr
    mrs x1, fpcr
    orr x0, x0, x1
    mrs x1, fpsr
    orr x0, x0, x1
    mrs x1, tpidr_el0
    orr x0, x0, x1
    mrs x1, tpidrro_el0
    orr x0, x0, x1
    /* what the next one must not find */
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    movi v\n\().16b, #0x5a
    .endr
    msr tpidr_el0, x30
    b simd_started
    .size simd_start, . - simd_start

    .global simd_keep
    .type simd_keep, %function
simd_keep:
    stp x29, x30, [sp, #-96]!
    mov x29, sp
    save_simd 16
    str x0, [sp, #80]
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    add x2, x0, #\n
    dup v\n\().2d, x2
    .endr
    mov x0, x1
    mov x8, #4     /* COMPONENT_CAP_NOTIFICATION */
    mov x9, #0x61  /* notification_wait */
    svc #1
    ldr x1, [sp, #80]
    mov x0, x9     /* zero, as x10..x18 */
    .irp n, 10, 11, 12, 13, 14, 15, 16, 17, 18
    orr x0, x0, x\n
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    add x2, x1, #\n
    fmov x3, d\n
    eor x3, x3, x2
    orr x0, x0, x3
    mov x3, v\n\().d[1]
    eor x3, x3, x2
    orr x0, x0, x3
    .endr
    restore_simd 16
    ldp x29, x30, [sp], #96
    ret
    .size simd_keep, . - simd_keep

    .section .note.GNU-stack, "", %progbits
