/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Traps and SIMD registers as C cannot show them.
 */
#include "lib/asm/registers.inc"

    .text

/* void trap_registers(uint64_t x[31]): all general registers loaded from x, svc #1, all stored to x. */
    .global trap_registers
    .type trap_registers, %function
trap_registers:
    save_registers 96
    sub sp, sp, #272
    str x0, [sp, #256]
    mov x30, x0
    load_all_but_last
    ldr x30, [x30, #240]
    svc #1
    str x30, [sp, #240]
    ldr x30, [sp, #256]
    store_all_but_last
    ldr x0, [sp, #240]
    str x0, [x30, #240]
    add sp, sp, #272
    restore_registers 96
    ret
    .size trap_registers, . - trap_registers

/*
 * void simd_fill(uint64_t value): every SIMD register holds value + its number, twice; bits of it are in FPSR (flags) and
 * FPCR (rounding).
 */
    .macro simd_control
    ubfx x1, x0, #12, #5
    ubfx x2, x0, #14, #2
    lsl x2, x2, #22
    .endm

    .global simd_fill
    .type simd_fill, %function
simd_fill:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    add x1, x0, #\n
    dup v\n\().2d, x1
    .endr
    simd_control
    msr fpsr, x1
    msr fpcr, x2
    ret
    .size simd_fill, . - simd_fill

/* uint64_t simd_wrong(uint64_t value): bits that differ from what simd_fill(value) left. */
    .global simd_wrong
    .type simd_wrong, %function
simd_wrong:
    simd_control
    mrs x3, fpsr
    eor x4, x3, x1
    mrs x3, fpcr
    eor x3, x3, x2
    orr x4, x4, x3
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    add x1, x0, #\n
    mov x2, v\n\().d[0]
    mov x3, v\n\().d[1]
    eor x2, x2, x1
    eor x3, x3, x1
    orr x4, x4, x2
    orr x4, x4, x3
    .endr
    mov x0, x4
    ret
    .size simd_wrong, . - simd_wrong

/* uint64_t simd_any(void): bits that are set in any SIMD register, in FPSR or FPCR. */
    .global simd_any
    .type simd_any, %function
simd_any:
    mrs x0, fpsr
    mrs x1, fpcr
    orr x0, x0, x1
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    mov x1, v\n\().d[0]
    mov x2, v\n\().d[1]
    orr x0, x0, x1
    orr x0, x0, x2
    .endr
    ret
    .size simd_any, . - simd_any

/* What a child does that faults at a known place: the label is the instruction. */
    .macro entry name, label
    .global \name
    .global \label
    .type \name, %function
\name:
    .endm

entry fault_read, fault_read_at
fault_read_at:
    ldr x1, [x0]
    ret
entry fault_write, fault_write_at
fault_write_at:
    str x1, [x0]
    ret
entry fault_execute, fault_execute_at
fault_execute_at:
    br x0
entry fault_undefined, fault_undefined_at
fault_undefined_at:
    udf #0
    ret
entry fault_privileged, fault_privileged_at
fault_privileged_at:
    mrs x1, sctlr_el1
    ret
entry fault_breakpoint, fault_breakpoint_at
fault_breakpoint_at:
    brk #7
    ret
entry fault_call, fault_call_at
    svc #0
fault_call_at:
    ret
entry fault_exclusive, fault_exclusive_at
    add x0, x0, #1
fault_exclusive_at:
    ldxr x1, [x0]
    ret

/*
 * What domain.c copies into a domain of its own: x0 is memory where it writes x8 of its last call, and how many it made.
 * It calls capability 1, and sends that along for whoever receives it.
 */
    .global domain_program
    .global domain_program_end
domain_program:
    mov x19, x0
    mov x20, xzr
1:  mov x0, xzr
    mov x8, #1
    mov x9, #0x50
    movk x9, #1, lsl #16 /* QUOLL_FLAG_SEND */
    mov x10, #1
    movk x10, #0x40, lsl #32 /* QUOLL_RIGHT_CALL */
    svc #1
    add x20, x20, #1
    stp x8, x20, [x19]
    b 1b
domain_program_end:

    .section .note.GNU-stack, "", %progbits
