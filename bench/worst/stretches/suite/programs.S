/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the threads of a crowd execute; they need no stack. x0 is the argument of thread_start.
 */
#include "programs.h"

    .text
    .global program_caller, program_server, program_napper

/* Calls the portal x0, then waits for calls that nobody makes. */
program_caller:
    mov x8, x0
    mov x9, #CALL_CALL
    svc #1
rest:
    mov x9, #CALL_REPLY_WAIT
    orr x9, x9, #NO_REPLY
    svc #1
    b rest

/*
 * Serves: at each request it calls what the lower half of x0 names, by the call in the upper half: portal_call, or
 * notification_wait without a deadline.
 */
program_server:
    mov w19, w0
    lsr x20, x0, #32
    mov x9, #CALL_REPLY_WAIT
    orr x9, x9, #NO_REPLY
    svc #1
1:  mov x8, x19
    mov x0, #-1
    mov x9, x20
    svc #1
    mov x9, #CALL_REPLY_WAIT
    svc #1
    b 1b

/* Waits at the notification x1 of the pair at x0 until the time in it, again and again, as often as it says. */
program_napper:
    mov x19, x0
1:  ldr x20, [x19, #NAP_TIMES]
    cbz x20, rest
    sub x20, x20, #1
    str x20, [x19, #NAP_TIMES]
    ldr x0, [x19, #NAP_NEXT]
    ldr x1, [x19, #NAP_STEP]
    add x1, x0, x1
    str x1, [x19, #NAP_NEXT]
    ldr x8, [x19, #NAP_WHERE]
    mov x9, #CALL_WAIT
    svc #1
    b 1b

/*
 * A guest that takes interrupts: `guest_program` is copied to a page of its RAM, which begins with its vectors. It
 * deactivates each at once, so that list registers are free as soon as all that are listed were taken.
 */
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_PMR_EL1     S3_0_C4_C6_0

    .section .rodata.guest, "a"
    .balign 2048
    .global guest_program, guest_program_end
guest_program:
    mov x0, #0xff
    msr ICC_PMR_EL1, x0
    mov x0, #1
    msr ICC_IGRPEN1_EL1, x0
    isb
    msr daifclr, #2
1:  b 1b
    .balign 512
    .balign 128
    .skip 128
/* Interrupts from EL1 with its own stack: offset 0x280. */
    mrs x0, ICC_IAR1_EL1
    msr ICC_EOIR1_EL1, x0
    eret
guest_program_end:
