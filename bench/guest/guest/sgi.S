/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * void sgi_rounds(uint64_t value, uint64_t *begin, uint64_t *end): x19..x22 as start.S has them.
 */
#define ICC_SGI1R_EL1 S3_0_C12_C11_5
#define ROUNDS        80

    .text
    .global sgi_rounds
    .type sgi_rounds, %function
sgi_rounds:
    stp x19, x20, [sp, #-32]!
    stp x21, x22, [sp, #16]
    mov x3, #ROUNDS
    msr daifclr, #2
2:  mov x22, #0
    mrs x19, pmccntr_el0
    msr ICC_SGI1R_EL1, x0
3:  cbz x22, 3b
    str x19, [x1], #8
    str x20, [x2], #8
    sub x3, x3, #1
    cbnz x3, 2b
    msr daifset, #2
    ldp x21, x22, [sp, #16]
    ldp x19, x20, [sp], #32
    ret

    .section .note.GNU-stack, "", %progbits
