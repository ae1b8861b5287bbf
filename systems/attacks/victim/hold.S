/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * uint64_t victim_hold(uint64_t seed, uint64_t turns, uint64_t deadline)
 *
 * Fills x3..x7, x11..x28, v0..v31, TPIDR_EL0, FPCR and FPSR with what the seed says, spins for so many turns, and
 * verifies. Then again over a call, notification_wait until the deadline, which keeps x19..x28 and the rest, and leaves
 * x9..x18 zero. Answers enum victim_part of what was not as it had been; it keeps x0 (seed) and x1 (turns) on the stack.
 */
#include "lib/asm/registers.inc"

#define PART_REGISTERS 1
#define PART_SIMD      2
#define PART_TPIDR     4
#define PART_ZEROES    8
#define CALL_NOTIFICATION_WAIT 0x61
#define CAP_NOTIFICATION       4

    .macro seed_of, into, number
    mov \into, #(\number * 257 + 1)
    mul \into, \into, x0
    .endm

    .macro check_x, number
    seed_of x9, \number
    eor x9, x9, x\number
    orr x10, x10, x9
    .endm

    .macro fill_v, number
    seed_of x9, (\number + 64)
    fmov d\number, x9
    mvn x9, x9
    mov v\number\().d[1], x9
    .endm

    .macro check_v, number
    seed_of x9, (\number + 64)
    fmov x11, d\number
    eor x11, x11, x9
    orr x10, x10, x11
    mvn x9, x9
    mov x11, v\number\().d[1]
    eor x11, x11, x9
    orr x10, x10, x11
    .endm

    /* x10 to 1 if it is not zero, as `part` of x2, which gathers */
    .macro note, part
    cmp x10, #0
    cset x10, ne
    mov x9, #\part
    mul x10, x10, x9
    orr x2, x2, x10
    mov x10, #0
    .endm

    /* FPCR: rounding mode; FPSR: cumulative flags (D19.2 of the Arm ARM) */
    .macro fp_of, control, status
    and \control, x0, #3
    lsl \control, \control, #22
    lsr \status, x0, #2
    and \status, \status, #0x1f
    .endm

    .macro check_kept
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    check_v \n
    .endr
    fp_of x9, x11
    mrs x12, fpcr
    eor x12, x12, x9
    orr x10, x10, x12
    mrs x12, fpsr
    eor x12, x12, x11
    orr x10, x10, x12
    note PART_SIMD
    mrs x10, tpidr_el0
    eor x10, x10, x0
    note PART_TPIDR
    .endm

    .text
    .global victim_hold
    .type victim_hold, %function
victim_hold:
    save_registers 224
    mov x29, sp
    save_simd 96
    mrs x9, tpidr_el0
    stp x0, x9, [sp, #160]
    mrs x9, fpcr
    mrs x10, fpsr
    stp x9, x10, [sp, #176]
    str x2, [sp, #192]
    msr tpidr_el0, x0
    fp_of x9, x10
    msr fpcr, x9
    msr fpsr, x10
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fill_v \n
    .endr
    .irp n, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    seed_of x\n, \n
    .endr
    mov x2, #0
1:  subs x1, x1, #1
    b.ne 1b
    mov x10, #0
    .irp n, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    check_x \n
    .endr
    note PART_REGISTERS
    check_kept
    str x2, [sp, #200]
    ldr x0, [sp, #192]
    mov x8, #CAP_NOTIFICATION
    mov x9, #CALL_NOTIFICATION_WAIT
    mov x10, #77
    mov x18, #78
    svc #1
    ldr x0, [sp, #160]
    ldr x2, [sp, #200]
    orr x10, x10, x9
    .irp n, 11, 12, 13, 14, 15, 16, 17, 18
    orr x10, x10, x\n
    .endr
    note PART_ZEROES
    .irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    check_x \n
    .endr
    note PART_REGISTERS
    check_kept
    mov x0, x2
    ldp x9, x10, [sp, #176]
    msr fpcr, x9
    msr fpsr, x10
    ldr x9, [sp, #168]
    msr tpidr_el0, x9
    restore_simd 96
    restore_registers 224
    ret
    .size victim_hold, . - victim_hold

    .section .note.GNU-stack, "", %progbits
