/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * void execute_call(const void *code, const uint64_t registers[16]), and what execute.h says of the others.
 */
#include "lib/asm/registers.inc"

    .macro registers_of, base
    ldp x2, x3, [\base, #16]
    ldp x4, x5, [\base, #32]
    ldp x6, x7, [\base, #48]
    ldp x8, x9, [\base, #64]
    ldp x10, x11, [\base, #80]
    ldp x12, x13, [\base, #96]
    ldp x14, x15, [\base, #112]
    ldp x0, x1, [\base]
    .endm

    /* The stack as it was: what ran may have changed SP, but not this memory. */
    .macro mark
    adrp x16, execute_stack
    mov x17, sp
    str x17, [x16, :lo12:execute_stack]
    adrp x16, exception_return
    adr x17, 1f
    str x17, [x16, :lo12:exception_return]
    .endm

    .macro unmark
    adrp x16, exception_return
    str xzr, [x16, :lo12:exception_return]
    adrp x16, execute_stack
    ldr x17, [x16, :lo12:execute_stack]
    mov sp, x17
    .endm

    .text
    .global execute_call
execute_call:
    save_registers 96
    mov x16, x0
    mov x17, x1
    registers_of x17
    blr x16
    restore_registers 96
    ret

    .global execute_jump
execute_jump:
    save_registers 96
    mov x18, x0
    mark
    blr x18
1:  unmark
    restore_registers 96
    ret

    .global execute_at_el0
execute_at_el0:
    save_registers 96
    msr elr_el1, x0
    mov x18, x1
    mov x0, #0x340 /* EL0, interrupts taken */
    msr spsr_el1, x0
    mark
    registers_of x18
    eret
1:  unmark
    restore_registers 96
    ret

    .bss
    .balign 8
execute_stack: .zero 8

    .section .note.GNU-stack, "", %progbits
