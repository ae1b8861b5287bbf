/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Traps with every register filled before and looked at afterwards: x0 and x1 are struct trap_state
 * (ways.h) before and after.
 */
    .equ STATE_SP, 248
    .equ STATE_TPIDR, 256
    .equ STATE_NZCV, 264
    .equ STATE_SIMD, 272
    .equ STATE_SIMD_BITS, 280

    /* On the stack, below x19 to x30: state before, state after, TPIDR_EL0 as it is otherwise, x30 behind the trap. */
    .macro trap name, instruction:vararg
    .global \name
    .type \name, %function
\name:
    stp x29, x30, [sp, #-96]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    sub sp, sp, #32
    stp x0, x1, [sp]
    ldr x0, [x0, #STATE_SIMD]
    cbz x0, 1f
    bl simd_fill
1:  ldr x30, [sp]
    mrs x0, tpidr_el0
    str x0, [sp, #16]
    ldr x0, [x30, #STATE_TPIDR]
    msr tpidr_el0, x0
    ldr x1, [sp, #8]
    mov x0, sp
    str x0, [x1, #STATE_SP]
    ldr x0, [x30, #STATE_NZCV]
    msr nzcv, x0
    ldp x0, x1, [x30]
    ldp x2, x3, [x30, #16]
    ldp x4, x5, [x30, #32]
    ldp x6, x7, [x30, #48]
    ldp x8, x9, [x30, #64]
    ldp x10, x11, [x30, #80]
    ldp x12, x13, [x30, #96]
    ldp x14, x15, [x30, #112]
    ldp x16, x17, [x30, #128]
    ldp x18, x19, [x30, #144]
    ldp x20, x21, [x30, #160]
    ldp x22, x23, [x30, #176]
    ldp x24, x25, [x30, #192]
    ldp x26, x27, [x30, #208]
    ldp x28, x29, [x30, #224]
    ldr x30, [x30, #240]
    \instruction
    str x30, [sp, #24]
    ldr x30, [sp, #8]
    b after_trap
    .size \name, . - \name
    .endm

    .text
trap trap_call, svc #1
trap trap_load, ldr x1, [x0]
trap trap_store, str x1, [x0]

after_trap:
    stp x0, x1, [x30]
    stp x2, x3, [x30, #16]
    stp x4, x5, [x30, #32]
    stp x6, x7, [x30, #48]
    stp x8, x9, [x30, #64]
    stp x10, x11, [x30, #80]
    stp x12, x13, [x30, #96]
    stp x14, x15, [x30, #112]
    stp x16, x17, [x30, #128]
    stp x18, x19, [x30, #144]
    stp x20, x21, [x30, #160]
    stp x22, x23, [x30, #176]
    stp x24, x25, [x30, #192]
    stp x26, x27, [x30, #208]
    stp x28, x29, [x30, #224]
    mrs x1, nzcv
    str x1, [x30, #STATE_NZCV]
    ldr x1, [sp, #24]
    str x1, [x30, #240]
    mov x1, sp
    ldr x2, [x30, #STATE_SP]
    sub x1, x1, x2
    str x1, [x30, #STATE_SP]
    mrs x1, tpidr_el0
    str x1, [x30, #STATE_TPIDR]
    ldr x1, [sp, #16]
    msr tpidr_el0, x1
    mov x19, x30
    ldr x0, [sp]
    ldr x0, [x0, #STATE_SIMD]
    cbz x0, 2f
    bl simd_wrong
2:  str x0, [x19, #STATE_SIMD_BITS]
   add sp, sp, #32
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp x29, x30, [sp], #96
    ret

    .section .note.GNU-stack, "", %progbits
