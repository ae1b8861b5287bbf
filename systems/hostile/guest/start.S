/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entry and vectors. Interrupts stay masked: the guest looks at its rings, if at all. An exception goes on behind the
 * instruction.
 */
#include "lib/asm/guest.inc"

guest_begin
    guest_main_forever

    .text
    .balign 2048
vectors:
    .rept 16
    vector exception
    .endr

exception:
    msr tpidr_el1, x16
    mrs x16, elr_el1
    add x16, x16, #4
    msr elr_el1, x16
    mrs x16, tpidr_el1
    eret

    .section .note.GNU-stack, "", %progbits
