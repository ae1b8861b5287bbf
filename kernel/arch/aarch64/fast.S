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
    ldr w16, [x11, #THREAD_DEADLINE + NODE_BALANCE] /* 0: not in the queue */
    cbz w16, refuse_wait
    ldr x16, [x11, #THREAD_BUDGET] /* it may have lost it since */
    cbz x16, refuse_wait
    mov w16, #WAIT_SAME_DEADLINE
    strb w16, [x11, #THREAD_WAIT] /* means nothing before it waits; the general way begins with clearing it */
    b reply_wait

    .global fast_reply_wait
fast_reply_wait:
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
reply_wait:
    ldr x14, [x11, #THREAD_SERVING]
    cbz x14, refuse_wait
    ldr x16, [x14, #THREAD_CONDITION]
    ldp x17, x13, [x10, #CORE_ANSWERABLE] /* and that of an exit */
    eor x15, x16, x17
    cbnz x15, reply_other
reply_native:
    reply_check refuse_wait
    check_fp reply_fp
reply_decided:
    reply_commit
    leave_native
    cbnz x15, reply_page
    enter_native
    mov x8, xzr
    return_from_call

reply_fp:
    fp_handover reply_decided

/* x15: how the caller's condition, x16, differs from that of one who called. */
reply_other:
    cmp x16, x13
    b.eq reply_exit
    tbnz x15, #CONDITION_IS_VCPU_SHIFT, reply_hypercall
    eor x16, x15, #(KIND_PAGE << CONDITION_KIND_SHIFT)
    cbz x16, reply_native

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
reply_page:
    enter_native
    mov x0, x16
    load_frame

/*
 * A data abort or something rarer. Of a native thread within explicitly paged memory it is a call in its name:
 * domain_memory_fault. Stage 1 is off: FAR_EL2 is what stage 2 refused.
 */
    .balign 64
    .global fast_abort
fast_abort:
    mrs x17, tpidr_el2
    ldp x16, x17, [x17, #CORE_GUEST] /* and CORE_FRAME */
    cbnz x16, guest_abort
    save_frame_at_x17
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    mrs x3, esr_el2
    lsr w9, w3, #26
    cmp w9, #CLASS_DATA_ABORT
    b.ne abort_refuse
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
    begin_check page, abort_refuse
    check_fp page_fp
page_commit:
    ldr w16, page_condition
    begin_commit str
    mrs x16, sp_el0
    mrs x17, tpidr_el0
    stp x16, x17, [x11, #THREAD_SP]
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

    .balign 4
page_condition: /* neither suspended nor faulted: it was running */
    .word STATE_CALLING | KIND_PAGE << CONDITION_KIND_SHIFT

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
    sub x17, x9, #NUMBER_REPLY_WAIT
    tst x17, #0xffff
    b.ne synchronous_general
    cmp x17, #FLAG_DEADLINE
    b.eq fast_reply_deadline
    cmp x17, #FLAG_NO_REPLY
    b.eq fast_wait
    b synchronous_general

    .if STATE_READY != 0
    .error "STATE_READY is stored as zero"
    .endif
    .if CONDITION_KIND_SHIFT != 24
    .error "state and kind are stored as one word"
    .endif
