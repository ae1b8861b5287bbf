/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The short way for calls between native threads, for their replies, and for faults in explicitly paged memory: when
 * nothing has to be done but to check, to note who serves whom, and to move registers. The words of a message stay in
 * x0..x7. Everything else is refused before anything has changed and goes the general way (portal.c), which would do
 * exactly the same here; tests/kernel compares the two.
 *
 *   taken        portal_call, page fault                   reply_wait
 *   x9           the number, no flags                      the number; a deadline only when it is the last one
 *   caller       within CHAIN_MAX, owns a budget           in its call, neither suspended nor faulted, native
 *   server       waits, without NO_CALLER                  nobody queued, no flags pending, no place in the run queue
 *
 * By the ABI x9..x18 are the kernel's to destroy in a call, and come back zero.
 */
#include "fast.inc"

    .text
    .balign 64
    .global fast_call
fast_call:
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    find_slot RIGHT_CALL_BIT, refuse
    find_server refuse
    begin_call call, refuse
    leave_native
    enter_native
    ldr x8, [x12, #SLOT_LABEL]
    return_from_call

    begin_call_aside call, refuse

    .balign 64
    .global fast_reply_deadline
/* The deadline in x12 is that of the last wait, and its timer still runs. */
fast_reply_deadline:
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    ldr x16, [x11, #THREAD_DEADLINE + NODE_KEY]
    cmp x16, x12
    b.ne refuse_wait
    ldr w16, [x11, #THREAD_DEADLINE + NODE_HEIGHT] /* 0: not in the queue */
    cbz w16, refuse_wait
    ldr x16, [x11, #THREAD_BUDGET] /* it may have lost it since */
    cbz x16, refuse_wait
    mov w16, #WAIT_SAME_DEADLINE
    strb w16, [x11, #THREAD_WAIT] /* means nothing before it waits; the general way begins with clearing it */

    .global fast_reply_wait
fast_reply_wait:
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    ldr x14, [x11, #THREAD_SERVING]
    cbz x14, refuse_wait
    ldr x16, [x14, #THREAD_CONDITION]
    ldr x17, [x10, #CORE_ANSWERABLE]
    eor x15, x16, x17
    cbnz x15, reply_other
    .global reply_check
reply_check:
    ldr x16, [x11, #THREAD_CALLERS]
    cbnz x16, refuse_wait
    ldr x16, [x11, #THREAD_BOUND]
    cbz x16, 1f
    ldr x16, [x16, #NOTIFICATION_PENDING]
    cbnz x16, refuse_wait
1:  ldrb w16, [x11, #THREAD_PLACE]
    cbnz w16, refuse_wait
    check_drained refuse_wait
    check_fp reply_fp
reply_commit:
    stp xzr, xzr, [x14, #THREAD_CALLEE]
    str xzr, [x14, #THREAD_RECEIVE]
    strb wzr, [x14, #THREAD_CONDITION] /* STATE_READY */
    str xzr, [x11, #THREAD_SERVING]
    stp xzr, xzr, [x11, #THREAD_SEND]
    mov w16, #STATE_WAITING
    strb w16, [x11, #THREAD_CONDITION]
    strb wzr, [x11, #THREAD_DEPTH]
    leave_native
    cbnz x15, reply_registers
    enter_native
    mov x8, xzr
    return_from_call

reply_fp:
    fp_handover reply_commit

/* x15: how the caller's condition differs from that of one who called. */
reply_other:
    tbnz x15, #CONDITION_IS_VCPU_SHIFT, reply_guest_check
    eor x16, x15, #(KIND_PAGE << CONDITION_KIND_SHIFT)
    cbz x16, reply_check

/* Nothing has changed. What the ABI lets the kernel destroy must not stay in the frame: it holds kernel addresses. */
    .global refuse
refuse:
    mov x12, xzr
    .global refuse_wait
refuse_wait: /* x12 has the deadline */
    mov x10, xzr
    mov x11, xzr
    mov x13, xzr
    mov x14, xzr
    mov x15, xzr
    b synchronous_general

/* The access that faulted is done again, with all registers as they were. */
reply_registers:
    tbnz x15, #CONDITION_IS_VCPU_SHIFT, reply_guest
    enter_native
    strb wzr, [x14, #THREAD_KIND] /* CALL_MESSAGE */
    mov x0, x16
    load_frame

/*
 * A data abort, x16 its syndrome. Of a native thread within explicitly paged memory it is a call in its name:
 * domain_memory_fault. Stage 1 is off: FAR_EL2 is what stage 2 refused.
 */
    .balign 64
    .global fast_abort
fast_abort:
    mrs x17, tpidr_el2
    ldr x17, [x17, #CORE_GUEST]
    cbnz x17, guest_abort
    save_frame
    mov x10, x16
    ldr x11, [x10, #CORE_CURRENT]
    mrs x3, esr_el2
    ubfx w9, w3, #2, #4 /* the syndrome's FSC without level: translation 1, access flag 2, permission 3 */
    sub w9, w9, #1
    cmp w9, #3
    b.hs abort_refuse
    mrs x1, far_el2 /* D19.2 */
    ldr x12, [x11, #THREAD_DOMAIN]
    ldp x16, x17, [x12, #DOMAIN_PAGER_RANGE]
    sub x16, x1, x16
    cmp x16, x17
    b.hs abort_refuse
    ldr x15, [x12, #DOMAIN_PAGER]
    cbz x15, abort_refuse
    find_server abort_refuse
    begin_call page, abort_refuse
    mov w16, #KIND_PAGE
    strb w16, [x11, #THREAD_KIND]
    mrs x16, sp_el0
    mrs x17, tpidr_el0
    stp x16, x17, [x11, #THREAD_SP]
    mrs x2, elr_el2
    ubfx x0, x3, #SYNDROME_WRITE_BIT, #1
    add x0, x0, #FAULT_READ
    mov x4, xzr
    mov x5, xzr
    mov x6, xzr
    mov x7, xzr
    ldr x8, [x12, #DOMAIN_PAGER + SLOT_LABEL]
    enter_native
    return_from_call

    begin_call_aside page, abort_refuse

/* Nothing has changed but registers, which are all in the frame. */
abort_refuse:
    mov x16, x10
    b synchronous_saved

    .global fast_null
/* No call has the number 0. */
fast_null:
    mrs x10, tpidr_el2
    mov x8, #ERROR_BAD_CALL
    return_zeroed

    .global call_other
/* Other calls. x9: the number and flags. */
call_other:
    mov w17, #(REPLY_WAIT_DEADLINE & 0xffff)
    movk w17, #(REPLY_WAIT_DEADLINE >> 16), lsl #16
    cmp x9, x17
    b.eq fast_reply_deadline
    b synchronous_general

    .if STATE_READY != 0
    .error "STATE_READY is stored as zero"
    .endif
