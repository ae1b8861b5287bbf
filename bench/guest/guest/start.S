/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The header of an arm64 Image (Documentation/arm64/booting.rst of Linux), the entry, and vectors. Memory is zero at
 * first, stage 1 stays off. The first instruction of the interrupt vector reads the counter into x20, which only the
 * measurement in sgi.S may use then; the handler sets x22.
 */
#define ICC_IAR1_EL1  S3_0_C12_C12_0
#define ICC_EOIR1_EL1 S3_0_C12_C12_1

    .section .text.start, "ax"
    .global start
    b start
    .word 0
    .quad 0          /* text offset */
    .quad image_size
    .quad 0          /* little-endian */
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .word 0
start:
    adrp x0, stack_top
    add x0, x0, :lo12:stack_top
    mov sp, x0
    adrp x0, vectors
    add x0, x0, :lo12:vectors
    msr vbar_el1, x0
    isb
    bl guest_main
1:  wfi
    b 1b

    .macro vector target
    .balign 128
    b \target
    .endm

    .text
    .balign 2048
vectors:
    .rept 5
    vector unexpected
    .endr
    .balign 128 /* an interrupt at EL1 */
    mrs x20, pmccntr_el0
    mrs x21, ICC_IAR1_EL1
    msr ICC_EOIR1_EL1, x21
    mov x22, #1
    eret
    .rept 10
    vector unexpected
    .endr

unexpected:
    bl guest_unexpected

    .section .note.GNU-stack, "", %progbits
