/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * lib/rt/crt0.S, but the first instruction reads the time.
 */
    .section .text.startup, "ax"
    .global _start
    .type _start, %function
_start:
    mrs x10, cntpct_el0
    mov x29, xzr
    mov x30, xzr
    adrp x9, first_ticks
    str x10, [x9, :lo12:first_ticks]
    adrp x9, runtime_argument
    add x9, x9, :lo12:runtime_argument
    stp x0, x1, [x9]
    stp x2, x3, [x9, #16]
    str x4, [x9, #32]
    bl runtime_start
    brk #0
    .size _start, . - _start

    .section .note.GNU-stack, "", %progbits
