/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Exception entry and return (Arm ARM D1.3.1).
 *
 * From a lower exception level: all registers go to core->arch.frame, then C decides (trap.c) and answers the frame to
 * load; C has put that frame's pc and sanitised pstate into ELR_EL2 and SPSR_EL2. Every entry runs to completion, so
 * the stack is empty before each, and the stack pointer is the same at every entry.
 *
 * From EL2 itself: interrupts are masked here, so this is a bug of the kernel, or an SError in the window that
 * vector_drain opens.
 */
#include "frame.inc"
#include "trace_vectors.inc"

    /* Into the frame at x0. */
    .macro save_x4_to_x29
    stp x4, x5, [x0, #32]
    stp x6, x7, [x0, #48]
    stp x8, x9, [x0, #64]
    stp x10, x11, [x0, #80]
    stp x12, x13, [x0, #96]
    stp x14, x15, [x0, #112]
    stp x16, x17, [x0, #128]
    stp x18, x19, [x0, #144]
    stp x20, x21, [x0, #160]
    stp x22, x23, [x0, #176]
    stp x24, x25, [x0, #192]
    stp x26, x27, [x0, #208]
    stp x28, x29, [x0, #224]
    .endm

    /* Registers of the kernel are worth more than SP_EL0: nothing but a panic comes after this. */
    .macro vector_panic kind
    .balign 128
    msr sp_el0, x0
    adrp x0, panic_registers
    add x0, x0, :lo12:panic_registers
    stp x1, x2, [x0, #8]
    mov x1, #\kind
    b panic_entry
    .endm

    .macro vector_lower handler
    .balign 128
    stp x16, x17, [sp, #-16]
    save_frame
    mov x29, xzr
    mov x0, x16
    bl \handler
    b vector_exit
    .endm

    /*
     * Calls without flags between native threads go a short way (fast.S). A guest's SVC goes to its EL1, so this is a
     * native thread's. x16 and x17 stand below the stack until it is known that they are free.
     */
    .macro vector_lower_interrupt
    .balign 128
    stp x16, x17, [sp, #-16]
    mrs x16, tpidr_el2
    ldp x16, x17, [x16, #CORE_GUEST] /* and CORE_FRAME */
    cbnz x16, guest_interrupt
    save_frame_at_x17
    mov x29, xzr
    mrs x0, tpidr_el2
    bl trap_interrupt
    b vector_exit
    .endm

    .macro vector_lower_synchronous
    .balign 128
    stp x16, x17, [sp, #-16]
    trace_general synchronous_general
    mrs x16, esr_el2 /* D19.2 */
    ldr w17, syndrome_call
    cmp w16, w17
    b.ne synchronous_other
    cmp x9, #NUMBER_CALL
    b.eq fast_call
    cmp x9, #NUMBER_REPLY_WAIT
    b.eq fast_reply_wait
    cbz x9, fast_null
    cmp x9, #NUMBER_SIGNAL
    b.eq fast_signal
    b call_other
    .balign 4
syndrome_call:
    .word 0x56000001 /* SVC #1 in AArch64 */
    .endm

    .section .vectors, "ax"
    .balign 2048
    .global vectors
vectors:
    vector_panic 0 /* EL2 with SP_EL0: synchronous, IRQ, FIQ, SError */
    vector_panic 1
    vector_panic 2
    vector_panic 3
    vector_panic 4 /* EL2 */
    vector_panic 5
    vector_panic 6
    .balign 128
    b drain_serror
    vector_lower_synchronous /* AArch64 below */
    vector_lower_interrupt
    vector_panic 10
    vector_lower trap_serror
    vector_lower trap_synchronous /* AArch32 below */
    vector_lower trap_interrupt
    vector_panic 14
    vector_lower trap_serror
    .balign 128

    .text
    .global interrupt_general
interrupt_general:
    save_frame
    mov x29, xzr
    mov x0, x16
    bl trap_interrupt
    b vector_exit

    .balign 64
/* x16: ESR_EL2. Some of the others have a short way too. */
synchronous_other:
    tbnz w16, #31, fast_abort /* classes from 32 on: aborts, and rare ones that it sorts out */
    lsr x17, x16, #26
    cmp x17, #CLASS_SYSTEM
    b.eq fast_system
    cmp x17, #CLASS_FP
    b.eq fp_trapped
    cmp x17, #CLASS_HVC64
    b.eq fast_hypercall
    .global synchronous_general
synchronous_general:
    save_frame
    .global synchronous_saved
/* x16: the core */
synchronous_saved:
    mov x29, xzr
    mov x0, x16
    bl trap_synchronous
    b vector_exit

    .global handler_exit
/* x0: the frame to load; null when a guest was preempted by `current`. */
handler_exit:
    cbz x0, guest_preempted
    .global vector_exit
vector_exit:
    load_frame

/*
 * void vector_drain(void): whatever the thread that ran last wrote is complete afterwards, and if that ended in an
 * SError, core->arch.imprecise says so. The only place where the kernel takes SErrors; it keeps no state in registers
 * over the window but what drain_serror leaves alone.
 */
    .global vector_drain
vector_drain:
    dsb sy
    isb
    mrs x0, isr_el1 /* D19.2: A is bit 8 */
    tbz x0, #8, 1f
    msr daifclr, #4
drain_window:
    isb
    nop
    msr daifset, #4
drain_window_end:
1:  ret

/*
 * x0..x2 are free when it came from the window. FAR_EL2 keeps x0, for an SError says nothing in it and SP_EL0 may not
 * be saved yet.
 */
drain_serror:
    msr far_el2, x0
    adrp x0, panic_registers
    add x0, x0, :lo12:panic_registers
    stp x1, x2, [x0, #8]
    mrs x0, elr_el2
    adrp x1, drain_window
    add x1, x1, :lo12:drain_window
    sub x0, x0, x1
    cmp x0, #(drain_window_end - drain_window)
    b.hi 1f
    mrs x0, tpidr_el2
    mrs x1, esr_el2
    str x1, [x0, #CORE_IMPRECISE_SYNDROME]
    mov w1, #1
    mov x2, #CORE_IMPRECISE
    strb w1, [x0, x2]
    eret
    dsb nsh
    isb
1:  mrs x0, far_el2
    msr sp_el0, x0
    adrp x0, panic_registers
    add x0, x0, :lo12:panic_registers
    mov x1, #7

/* SP_EL0 holds x0; x0 is panic_registers, which has x1 and x2 already; x1 says which vector. */
panic_entry:
    str x3, [x0, #24]
    save_x4_to_x29
    str x30, [x0, #240]
    mrs x2, sp_el0
    str x2, [x0]
    mov x2, sp
    mrs x3, elr_el2
    mrs x4, spsr_el2
    str x2, [x0, #PANIC_FRAME_SP]
    stp x3, x4, [x0, #PANIC_FRAME_PC]
    adrp x2, panic_stack_top
    add x2, x2, :lo12:panic_stack_top
    mov sp, x2
    b panic_exception
