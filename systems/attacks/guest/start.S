/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entry and vectors. Whatever comes, an exception is counted and the next instruction executed, or what exception_return
 * says; an interrupt is acknowledged and counted. No time passes in the emulator while exceptions follow each other
 * without an instruction between them: these vectors have some.
 */
#include "lib/asm/guest.inc"

guest_begin
    mov x1, #3 << 20 /* CPACR_EL1.FPEN */
    msr cpacr_el1, x1
    guest_main_forever

    .section .page, "aw"
    .global attack_page
attack_page:
    .zero 4096

    .text
    .balign 2048
    .global vectors
vectors:
    .rept 4
    vector exception
    vector interrupt
    vector interrupt
    vector exception
    .endr

    /* From EL0 (a vector of SPSR_EL1.M = 0) back to where guest_at_el0 says. Uses no stack, which may be anything. */
exception:
    msr tpidrro_el0, x16
    msr tpidr_el0, x17
    adrp x16, exceptions
    ldr x17, [x16, :lo12:exceptions]
    add x17, x17, #1
    str x17, [x16, :lo12:exceptions]
    mrs x17, esr_el1
    str x17, [x16, :lo12:exception_syndrome]
    mrs x17, elr_el1
    adrp x16, exception_return
    ldr x16, [x16, :lo12:exception_return]
    cbnz x16, 2f
    add x16, x17, #4
2:  msr elr_el1, x16
    mrs x16, spsr_el1
    and x16, x16, #0xf
    cbnz x16, 3f
    mov x16, #0x3c5 /* EL1h, masked */
    msr spsr_el1, x16
3:  mrs x17, tpidr_el0
    mrs x16, tpidrro_el0
    eret

interrupt:
    msr tpidrro_el0, x16
    msr tpidr_el0, x17
    mrs x16, ICC_IAR1_EL1
    msr ICC_EOIR1_EL1, x16
    adrp x16, interrupts
    ldr x17, [x16, :lo12:interrupts]
    add x17, x17, #1
    str x17, [x16, :lo12:interrupts]
    adrp x16, exception_return
    ldr x16, [x16, :lo12:exception_return]
    cbz x16, 4f /* otherwise it ends what was being executed */
    msr elr_el1, x16
    mov x16, #0x3c5
    msr spsr_el1, x16
4:  mrs x17, tpidr_el0
    mrs x16, tpidrro_el0
    eret

    .bss
    .balign 4096
    .global exceptions, exception_syndrome, exception_return, interrupts
exceptions: .zero 8
exception_syndrome: .zero 8
exception_return: .zero 8 /* where exceptions lead; 0: behind the instruction */
interrupts: .zero 8

    .section .note.GNU-stack, "", %progbits
