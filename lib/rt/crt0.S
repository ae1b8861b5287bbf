/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where a component's thread starts: SP is the top of its stack, x0..x4 its arguments, everything else is zero. The
 * frame chain ends here (x29 = 0), which is where root's backtrace stops.
 */
#include "rt/start.h"

    .section .text.startup, "ax"
    .global _start
    .type _start, %function
_start:
    mov x29, xzr
    mov x30, xzr
    adrp x9, runtime_argument
    add x9, x9, :lo12:runtime_argument
    stp x0, x1, [x9]
    stp x2, x3, [x9, #16]
    str x4, [x9, #32]
    bl runtime_start
    brk #0
    .if . - _start != RUNTIME_LOOP_OFFSET
    .error "RUNTIME_LOOP_OFFSET is not where the loop is"
    .endif
    b .
    .size _start, . - _start

    .section .note.GNU-stack, "", %progbits
