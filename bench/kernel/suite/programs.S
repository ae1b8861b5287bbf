/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the sides of a measurement execute, copied into their domains. x0: the side's block (side.h), which holds the
 * registers of its call. Between the two reads of the counter there is nothing but the instruction that is measured;
 * both values go to the side's log, and x19..x30 live on, for the kernel keeps them.
 */
#include "layout.h"

    .section .rodata.programs, "a"
    .balign 4096
    .global programs
programs:

    /* Everything that a call takes, from the block at x28. */
    .macro load_call
    ldp x0, x1, [x28, #BLOCK_X]
    ldp x2, x3, [x28, #BLOCK_X + 16]
    ldp x4, x5, [x28, #BLOCK_X + 32]
    ldp x6, x7, [x28, #BLOCK_X + 48]
    ldp x8, x9, [x28, #BLOCK_X + 64]
    ldp x10, x11, [x28, #BLOCK_X + 80]
    ldr x12, [x28, #BLOCK_X + 96]
    .endm

    .macro begin
    mov x28, x0
    ldr x27, [x28, #BLOCK_ROUNDS]
    add x26, x28, #BLOCK_LOG
    .endm

    /* The next pair of the log: when before, when after. */
    .macro log before, after
    stp \before, \after, [x26], #16
    .endm

    /* The suite is told, once. */
    .macro finish
    mov x0, #1
    mov x8, #SIDE_DONE
    mov x9, #CALL_SIGNAL
    svc #1
1:  mov x0, #-1
    mov x8, #SIDE_NOTHING
    mov x9, #CALL_WAIT
    svc #1
    b 1b
    .endm

    /* The call of the block, again and again. The last answer stays in the block. */
    .macro call_again trap
    begin
2:  load_call
    mrs x19, pmccntr_el0
    \trap #1
    mrs x20, pmccntr_el0
    log x19, x20
    str x8, [x28, #BLOCK_ANSWER]
    sub x27, x27, #1
    cbnz x27, 2b
    .endm

    .global program_call
program_call:
    call_again svc
    finish

/* The same with an FP register used before and after, the second use counted. */
    .global program_call_fp
program_call_fp:
    begin
2:  load_call
    fmov d0, x0
    mrs x19, pmccntr_el0
    svc #1
    fmov x21, d0
    mrs x20, pmccntr_el0
    log x19, x20
    str x8, [x28, #BLOCK_ANSWER]
    sub x27, x27, #1
    cbnz x27, 2b
    finish

/* The call of the block, and when it left anything but 0 in x0 the block's second one: a pair in the log each. */
    .global program_call_then
program_call_then:
    begin
2:  load_call
    mrs x19, pmccntr_el0
    svc #1
    mrs x20, pmccntr_el0
    log x19, x20
    str x8, [x28, #BLOCK_ANSWER]
    mov x19, xzr
    mov x20, xzr
    cbz x0, 3f
    ldp x0, x1, [x28, #BLOCK_THEN]
    ldp x2, x3, [x28, #BLOCK_THEN + 16]
    ldp x4, x5, [x28, #BLOCK_THEN + 32]
    ldp x6, x7, [x28, #BLOCK_THEN + 48]
    ldp x8, x9, [x28, #BLOCK_THEN + 64]
    mrs x19, pmccntr_el0
    svc #1
    mrs x20, pmccntr_el0
    str x8, [x28, #BLOCK_ANSWER_THEN]
3:  log x19, x20
    sub x27, x27, #1
    cbnz x27, 2b
    finish

/* Loads from a page after the other. */
    .global program_touch
program_touch:
    begin
    ldr x25, [x28, #BLOCK_X]
2:  mrs x19, pmccntr_el0
    ldr x0, [x25]
    mrs x20, pmccntr_el0
    log x19, x20
    add x25, x25, #4096
    sub x27, x27, #1
    cbnz x27, 2b
    finish

/* A pager: maps the page that the message names and answers. The log: when it answered last, when it was called. */
    .global program_pager
program_pager:
    begin
    mov x9, #CALL_REPLY_WAIT
    movk x9, #FLAG_NO_REPLY_HIGH, lsl #16
2:  mrs x19, pmccntr_el0
    svc #1
    mrs x20, pmccntr_el0
    log x19, x20
    and x21, x1, #~4095
    load_call
    mov x2, x21
    sub x3, x21, x3
    svc #1
    str x8, [x28, #BLOCK_ANSWER]
    mov x9, #CALL_REPLY_WAIT
    b 2b

/*
 * Raises the alarm of a PL031 whose page is at word 0 and shows in x19 when it did; the interrupt is taken behind one
 * of the instructions from program_alarm_read on; the suite learns by the pc behind which one.
 */
    .global program_alarm
    .global program_alarm_again
    .global program_alarm_read
    .global program_alarm_end
program_alarm:
    begin
    ldr x25, [x28, #BLOCK_X]
    mov w0, #1
    str w0, [x25, #RTC_MASK]
program_alarm_again:
    ldr w20, [x25, #RTC_DATA]
program_alarm_read:
    mrs x19, pmccntr_el0
    str w20, [x25, #RTC_MATCH]
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
program_alarm_end:
    b program_alarm_again

/*
 * The PL031's driver: waits, notes the time, silences the device, acknowledges, signals; the log has a pair for the wait
 * and one for the signal.
 */
    .global program_driver
program_driver:
    begin
    ldr x25, [x28, #BLOCK_RTC]
2:  load_call
    mrs x19, pmccntr_el0
    svc #1
    mrs x20, pmccntr_el0
    log x19, x20
    mov w1, #1
    str w1, [x25, #RTC_CLEAR]
    mov x8, #SIDE_TARGET
    mov x9, #CALL_ACKNOWLEDGE
    svc #1
    mov x0, #1
    mov x8, #SIDE_DONE
    mov x9, #CALL_SIGNAL
    mrs x19, pmccntr_el0
    svc #1
    mrs x20, pmccntr_el0
    log x19, x20
    b 2b

/* A VMM: whatever its guest did is over. The log: when it answered last, when it was called. */
    .global program_vmm
program_vmm:
    begin
    ldr x25, [x28, #BLOCK_STATE]
2:  load_call
    mrs x19, pmccntr_el0
    svc #1
    mrs x20, pmccntr_el0
    log x19, x20
    add x4, x4, #4
    str x4, [x25, #STATE_PC]
    b 2b

#include "guests.inc"

    .balign 4096
    .global programs_end
programs_end:

    .section .note.GNU-stack, "", %progbits
