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
 *   x9           the number, no flags                      the number, no flags
 *   caller       within CHAIN_MAX, owns a budget           in its call, neither suspended nor faulted, native
 *   server       waits, without deadline or NO_CALLER      nobody queued, no flags pending, no place in the run queue
 *
 * Registers:
 *   x10 core   x11 thread that ran   x12 slot   x13 the caller's depth   x14 thread that runs next   x15 portal
 *   x9, x16, x17 scratch
 * By the ABI x9..x18 are the kernel's to destroy in a call, and come back zero.
 */
#include "frame.h"

    .text

/* x15: what the slot names. x14 becomes the portal's server, when it waits for a call and nothing else. */
    .macro find_server refuse
    ldr w16, [x15, #OBJECT_TYPE]
    cmp w16, #TYPE_PORTAL
    b.ne \refuse
    ldr x14, [x15, #PORTAL_SERVER]
    cbz x14, \refuse
    ldr w16, [x14, #OBJECT_TYPE]
    tbnz w16, #OBJECT_DYING_BIT, \refuse
    ldr x16, [x14, #THREAD_CONDITION]
    ldr x17, [x10, #CORE_CALLABLE]
    cmp x16, x17
    b.ne \refuse
    .endm

/*
 * An SError that x11's thread caused belongs to it (switch.c). The general way attributes it: refuse.
 * D19.2: ISR_EL1.A is bit 8.
 */
    .macro check_drained refuse
    dsb sy
    isb
    mrs x16, isr_el1
    tbnz x16, #8, \refuse
    .endm

/* Do the FP registers in the CPU belong to x11's or x14's thread? Then it matters who may touch them. */
    .macro check_fp handover
    ldr x16, [x10, #CORE_FP_OWNER]
    cmp x16, x11
    ccmp x16, x14, #4, ne
    b.eq \handover
    .endm

    .macro fp_handover back
    mov w17, #(CPTR_CLOSED & 0xffff)
    movk w17, #(CPTR_CLOSED >> 16), lsl #16
    mov w9, #(CPTR_OPEN & 0xffff)
    movk w9, #(CPTR_OPEN >> 16), lsl #16
    cmp x16, x14
    csel x17, x9, x17, eq
    msr cptr_el2, x17 /* D19.2; the exception return synchronises it */
    b \back
    .endm

/* From here to `commit` nothing has changed; behind it x14 serves x11. */
    .macro begin_call name, refuse
    ldrh w13, [x11, #THREAD_DEPTH] /* and, above it, whether the caller is passive */
    cmp w13, #CHAIN_LIMIT
    b.hs \name\()_passive
\name\()_allowed:
    check_drained \refuse
    check_fp \name\()_fp
\name\()_commit:
    stp x14, x15, [x11, #THREAD_CALLEE]
    stp xzr, xzr, [x11, #THREAD_SEND]
    mov w16, #STATE_CALLING
    strb w16, [x11, #THREAD_CONDITION]
    str x11, [x14, #THREAD_SERVING]
    strb wzr, [x14, #THREAD_CONDITION] /* STATE_READY */
    strh wzr, [x14, #THREAD_ORPHAN]
    add w13, w13, #1
    strb w13, [x14, #THREAD_DEPTH]
    .endm

/* Of a passive caller, a server with a budget of its own might have to pay itself (schedule.c): not for here. */
    .macro begin_call_aside name, refuse
\name\()_passive:
    and w13, w13, #0xff
    cmp w13, #CHAIN_LIMIT
    b.hs \refuse
    ldr x16, [x14, #THREAD_BUDGET]
    cbz x16, \name\()_allowed
    b \refuse
\name\()_fp:
    fp_handover \name\()_commit
    .endm

/* What the ABI preserves of x11's thread goes to its frame. */
    .macro leave_native
    mrs x16, sp_el0
    mrs x17, tpidr_el0
    stp x16, x17, [x11, #THREAD_SP]
    mrs x16, elr_el2
    mrs x17, spsr_el2
    stp x19, x20, [x11, #THREAD_FRAME + 152]
    stp x21, x22, [x11, #THREAD_FRAME + 168]
    stp x23, x24, [x11, #THREAD_FRAME + 184]
    stp x25, x26, [x11, #THREAD_FRAME + 200]
    stp x27, x28, [x11, #THREAD_FRAME + 216]
    stp x29, x30, [x11, #THREAD_FRAME + 232]
    stp x16, x17, [x11, #THREAD_FRAME + FRAME_PC]
    .endm

/* x14's thread is `current`, and the CPU is its domain's; x16 is its frame. */
    .macro enter_native
    str x14, [x10, #CORE_CURRENT]
    ldr x9, [x14, #THREAD_VTTBR]
    ldp x16, x17, [x14, #THREAD_SP]
    msr vttbr_el2, x9
    msr sp_el0, x16
    msr tpidr_el0, x17
    ldp x16, x17, [x14, #THREAD_FRAME + FRAME_PC]
    and x17, x17, #0xf0000000 /* C5.2: NZCV, EL0t, nothing masked */
    msr elr_el2, x16
    msr spsr_el2, x17
    add x16, x14, #THREAD_FRAME
    stp x16, x14, [x10, #CORE_FRAME]
    .endm

/* x14's thread goes on behind its call: x0..x8 are set. */
    .macro return_from_call
    ldp x19, x20, [x14, #THREAD_FRAME + 152]
    ldp x21, x22, [x14, #THREAD_FRAME + 168]
    ldp x23, x24, [x14, #THREAD_FRAME + 184]
    ldp x25, x26, [x14, #THREAD_FRAME + 200]
    ldp x27, x28, [x14, #THREAD_FRAME + 216]
    ldp x29, x30, [x14, #THREAD_FRAME + 232]
    return_zeroed
    .endm

/* The barriers keep ERET from being run past speculatively. */
    .macro return_zeroed
    ldp x11, x12, [x10, #CORE_ZERO]
    ldp x13, x14, [x10, #CORE_ZERO]
    ldp x15, x16, [x10, #CORE_ZERO]
    ldp x17, x18, [x10, #CORE_ZERO]
    ldp x9, x10, [x10, #CORE_ZERO]
    eret
    dsb nsh
    isb
    .endm

    .balign 64
    .global fast_call
fast_call:
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    ldp x12, x13, [x11, #THREAD_CAPABILITIES]
    cmp x8, x13
    csel x13, x8, xzr, lo /* the entry at 0 is always empty: no rights */
    csdb                  /* C6.2 */
    add x13, x13, x13, lsl #2
    add x12, x12, x13, lsl #3
    ldr x15, [x12]
    ldrh w16, [x12, #SLOT_RIGHTS]
    tbz w16, #RIGHT_CALL_BIT, refuse
    find_server refuse
    begin_call call, refuse
    leave_native
    enter_native
    ldr x8, [x12, #SLOT_LABEL]
    return_from_call

    begin_call_aside call, refuse

    .balign 64
    .global fast_reply_wait
fast_reply_wait:
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    ldr x14, [x11, #THREAD_SERVING]
    cbz x14, refuse
    ldr x16, [x14, #THREAD_CONDITION]
    ldr x17, [x10, #CORE_ANSWERABLE]
    eor x15, x16, x17
    cbnz x15, reply_other
reply_check:
    ldr x16, [x11, #THREAD_CALLERS]
    cbnz x16, refuse
    ldr x16, [x11, #THREAD_BOUND]
    cbz x16, 1f
    ldr x16, [x16, #NOTIFICATION_PENDING]
    cbnz x16, refuse
1:  ldrb w16, [x11, #THREAD_PLACE]
    cbnz w16, refuse
    check_drained refuse
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
    enter_native
    cbnz x15, reply_page
    mov x8, xzr
    return_from_call

reply_fp:
    fp_handover reply_commit

/* x15: how the caller's condition differs from that of one who called. */
reply_other:
    eor x16, x15, #(KIND_PAGE << CONDITION_KIND_SHIFT)
    cbz x16, reply_check

/* Nothing has changed. What the ABI lets the kernel destroy must not stay in the frame: it holds kernel addresses. */
refuse:
    mov x10, xzr
    mov x11, xzr
    mov x12, xzr
    mov x13, xzr
    mov x14, xzr
    mov x15, xzr
    b synchronous_general

/* The access that faulted is done again, with all registers as they were. */
reply_page:
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
    save_frame
    mov x10, x16
    ldr x11, [x10, #CORE_CURRENT]
    ldrb w9, [x11, #THREAD_IS_VCPU]
    cbnz w9, abort_refuse
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

    .if STATE_READY != 0
    .error "STATE_READY is stored as zero"
    .endif
