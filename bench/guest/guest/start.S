/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entry and vectors; stage 1 stays off. The first instruction of the interrupt vector reads the counter into x20, which
 * only the measurement in sgi.S may use then; the handler sets x22.
 */
#include "lib/asm/guest.inc"

guest_begin
    guest_main_forever

    .text
    .balign 2048
vectors:
    .rept 5
    vector unexpected
    .endr
    .balign 128 /* an interrupt at EL1 */
    mrs x20, pmccntr_el0
    mrs x21, ICC_IAR1_EL1
    msr ICC_EOIR1_EL1, x21
    mov x22, #1
    eret
    .rept 10
    vector unexpected
    .endr

unexpected:
    bl guest_unexpected

    .section .note.GNU-stack, "", %progbits
