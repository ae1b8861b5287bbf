/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The short way from a guest to a native server, for exits and calls, and back to the guest. The conditions are those of
 * fast.S; besides, on the way back the vCPU is the resident one and its virtual timer has nothing to catch up with.
 * Which registers cross is said in vcpu_arch.c and switch.c, which do the same.
 */
#include "fast.inc"

/* x11's guest, whose vCPU is x9, stops; native mode begins. HCR_EL2, ISB, VTTBR_EL2: errata (switch.c). */
    .macro leave_guest
    mrs x16, sctlr_el1
    mrs x17, cpacr_el1
    stp x16, x17, [x9, #VCPU_SCTLR]
    mrs x16, tpidr_el0
    mrs x17, tpidrro_el0
    stp x16, x17, [x9, #VCPU_TPIDR]
    mrs x16, sp_el0
    mrs x17, cntkctl_el1
    str x16, [x9, #VCPU_SP]
    str x17, [x9, #VCPU_CNTKCTL]
    str xzr, [x10, #CORE_GUEST]
    ldp x16, x17, [x10, #CORE_NATIVE] /* HCR, SCTLR */
    msr hcr_el2, x16
    isb
    msr sctlr_el1, x17
    ldp x16, x17, [x10, #CORE_NATIVE + 16]
    msr cpacr_el1, x16
    msr cntkctl_el1, x17
    mov w16, #CNTHCTL_NATIVE
    msr cnthctl_el2, x16
    msr mdscr_el1, xzr
    msr tpidrro_el0, xzr
    .endm

/* x14's guest, whose vCPU is x9, is `current`. x17 is its frame, which its VMM can write: each field is read once. */
    .macro enter_guest bad_mode
    str x14, [x10, #CORE_CURRENT]
    ldp x12, x13, [x9, #VCPU_SCTLR]
    ldp x16, x17, [x9, #VCPU_TPIDR]
    msr sctlr_el1, x12
    msr cpacr_el1, x13
    msr tpidr_el0, x16
    msr tpidrro_el0, x17
    ldr x12, [x9, #VCPU_SP]
    ldr x13, [x9, #VCPU_CNTKCTL]
    ldr x16, [x9, #VCPU_MDSCR]
    mov w17, #CNTHCTL_GUEST
    msr sp_el0, x12
    msr cntkctl_el1, x13
    msr mdscr_el1, x16
    msr cnthctl_el2, x17
    ldr x12, [x14, #THREAD_VTTBR]
    ldr x13, [x9, #VCPU_HCR]
    msr vttbr_el2, x12
    isb
    msr hcr_el2, x13
    str x9, [x10, #CORE_GUEST]
    ldr x17, [x14, #THREAD_FRAME_POINTER]
    ldp x9, x13, [x17, #FRAME_PC]
    and w13, w13, #PSTATE_GUEST /* C5.2 */
    ldr x16, [x10, #CORE_GUEST_MODES]
    and w12, w13, #SPSR_M
    lsr x16, x16, x12
    tbz x16, #0, \bad_mode
reply_guest_mode:
    msr elr_el2, x9
    msr spsr_el2, x13
    stp x17, x14, [x10, #CORE_FRAME]
    .endm

    .text
    .balign 64
    .global fast_hypercall
/* HVC of a guest, x16 its syndrome. A call may destroy x9..x18. */
fast_hypercall:
    and w17, w16, #0xffff
    cmp w17, #1
    b.ne synchronous_general
    cmp x9, #NUMBER_CALL
    b.ne synchronous_general
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    find_portal refuse
    find_server refuse
    begin_call hypercall, refuse
    ldr x8, [x12, #SLOT_LABEL]
    ldr x9, [x11, #THREAD_VCPU]
    ldr x12, [x11, #THREAD_FRAME_POINTER]
    mrs x16, elr_el2
    mrs x17, spsr_el2
    stp x19, x20, [x12, #152]
    stp x21, x22, [x12, #168]
    stp x23, x24, [x12, #184]
    stp x25, x26, [x12, #200]
    stp x27, x28, [x12, #216]
    stp x29, x30, [x12, #232]
    stp x16, x17, [x12, #FRAME_PC]
    leave_guest
    enter_native
    return_from_call

    begin_call_aside hypercall, refuse

    .balign 64
    .global fast_exit
/* Whatever else a guest trapped with; its registers are in the frame. x10: core, x11: thread. */
fast_exit:
    mov x29, xzr
    mov x0, x10
    mov x1, x11
    mrs x2, esr_el2 /* D19.2 */
    mrs x3, far_el2
    bl trap_guest
    mrs x10, tpidr_el2
    cbz x0, leave
    ldr x11, [x10, #CORE_CURRENT]
    ldr x4, [x0, #32]
    ldp x2, x3, [x0, #16]
    ldp x0, x1, [x0]
/* The VMM gets x0..x4 (abi/vcpu.h). */
exit_send:
    ldr x9, [x11, #THREAD_VCPU]
    add x12, x9, #VCPU_EXIT
    ldr x15, [x12]
    cbz x15, exit_refuse
    find_server exit_refuse
    begin_call exit, exit_refuse
    mov w16, #KIND_EXIT
    strb w16, [x11, #THREAD_KIND]
    mov x5, xzr
    mov x6, xzr
    mov x7, xzr
    ldr x8, [x12, #SLOT_LABEL]
    ldr x9, [x11, #THREAD_VCPU]
    leave_guest
    enter_native
    return_from_call

    begin_call_aside exit, exit_refuse

exit_refuse:
    stp x0, x1, [x10, #CORE_EXIT]
    stp x2, x3, [x10, #CORE_EXIT + 16]
    mov x29, xzr
    mov x0, x10
    bl trap_exit
    b vector_exit

leave:
    mov x0, x10
    bl trap_leave
    b vector_exit

/*
 * From fast_reply_wait. x14 is a vCPU's thread, and x15 says how its condition differs from that of a native one that
 * called. x9 becomes its vCPU.
 */
    .global reply_guest_check
reply_guest_check:
    eor x16, x15, #(1 << CONDITION_IS_VCPU_SHIFT)
    cbz x16, 1f
    eor x16, x16, #(KIND_EXIT << CONDITION_KIND_SHIFT)
    cbnz x16, refuse
    cbnz x0, refuse /* the reply has an interrupt, or asks to stop */
1:  ldr x16, [x14, #THREAD_VCPU]
    ldr x17, [x10, #CORE_RESIDENT]
    cmp x16, x17
    b.ne refuse
    mov x17, #VCPU_TIMER_LINE
    ldrb w17, [x16, x17]
    cbnz w17, refuse
    b reply_check

/* The server's registers are saved. */
    .global reply_guest
reply_guest:
    ldr x9, [x14, #THREAD_VCPU]
    enter_guest bad_mode
    tbnz x15, #CONDITION_KIND_SHIFT, 2f
    ldp x19, x20, [x17, #152]
    ldp x21, x22, [x17, #168]
    ldp x23, x24, [x17, #184]
    ldp x25, x26, [x17, #200]
    ldp x27, x28, [x17, #216]
    ldp x29, x30, [x17, #232]
    mov x8, xzr
    return_zeroed
2:  strb wzr, [x14, #THREAD_KIND] /* CALL_MESSAGE */
    mov x0, x17
    load_frame

/* A mode that is not allowed becomes EL1h. */
bad_mode:
    and w13, w13, #~SPSR_M
    mov w16, #MODE_EL1H
    orr w13, w13, w16
    b reply_guest_mode
