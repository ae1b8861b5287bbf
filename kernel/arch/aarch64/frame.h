/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * For assembly: the registers of what ran, into and out of its frame (struct arch_frame).
 */
#include "offsets.h"

/*
 * The vector has put x16 and x17 below the stack. Afterwards everything is in core->arch.frame, x16 is the core, x17 the
 * frame, and no other register has changed but x0 and x1.
 */
    .macro save_frame
    mrs x16, tpidr_el2
    ldr x17, [x16, #CORE_FRAME]
    stp x0, x1, [x17]
    stp x2, x3, [x17, #16]
    stp x4, x5, [x17, #32]
    stp x6, x7, [x17, #48]
    stp x8, x9, [x17, #64]
    stp x10, x11, [x17, #80]
    stp x12, x13, [x17, #96]
    stp x14, x15, [x17, #112]
    ldp x0, x1, [sp, #-16]
    stp x0, x1, [x17, #128]
    mrs x0, elr_el2
    mrs x1, spsr_el2
    stp x18, x19, [x17, #144]
    stp x20, x21, [x17, #160]
    stp x22, x23, [x17, #176]
    stp x24, x25, [x17, #192]
    stp x26, x27, [x17, #208]
    stp x28, x29, [x17, #224]
    stp x30, x0, [x17, #240]
    str x1, [x17, #FRAME_PSTATE]
    .endm

/* x0: the frame to load; ELR_EL2 and SPSR_EL2 are set. The barriers keep ERET from being run past speculatively. */
    .macro load_frame
    ldp x2, x3, [x0, #16]
    ldp x4, x5, [x0, #32]
    ldp x6, x7, [x0, #48]
    ldp x8, x9, [x0, #64]
    ldp x10, x11, [x0, #80]
    ldp x12, x13, [x0, #96]
    ldp x14, x15, [x0, #112]
    ldp x16, x17, [x0, #128]
    ldp x18, x19, [x0, #144]
    ldp x20, x21, [x0, #160]
    ldp x22, x23, [x0, #176]
    ldp x24, x25, [x0, #192]
    ldp x26, x27, [x0, #208]
    ldp x28, x29, [x0, #224]
    ldr x30, [x0, #240]
    ldp x0, x1, [x0]
    eret
    dsb nsh
    isb
    .endm
