/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Traps with every register filled before and looked at afterwards: x0 and x1 are struct trap_state
 * (ways.h) before and after.
 */
#include "lib/asm/registers.inc"

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
    save_registers 96
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
    load_all_but_last
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
    store_all_but_last
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
    restore_registers 96
    ret

    .section .note.GNU-stack, "", %progbits
