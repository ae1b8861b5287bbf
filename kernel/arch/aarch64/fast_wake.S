/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The short way for notification_signal of a native thread: the flags wait for nobody, or they wake a native thread that
 * runs at once. What is checked and changed is that of notification_preempt (preempt.h) and switch_plain (switch.h); all
 * else is refused before anything has changed and goes the general way.
 *
 * Beside what fast.inc says:
 *   x12 flags   x13 counter   x14 who is woken   x15 notification   x18 when its first refill ends
 *   x9 what its x8 will be: 0 after notification_wait, otherwise it is in reply_wait
 */
#include "fast.inc"

    .text
    .balign 64
    .global fast_signal
fast_signal:
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    find_slot RIGHT_SIGNAL_BIT, refuse
    ldr w16, [x15, #OBJECT_TYPE]
    cmp w16, #TYPE_NOTIFICATION
    b.ne refuse
    ldr x12, [x12, #SLOT_LABEL]
    ands x12, x12, x0
    b.eq refuse
    ldp x13, x14, [x15, #NOTIFICATION_BOUND] /* and waiter */
    ldr x17, [x10, #CORE_CALLABLE]
    cbnz x14, signal_waiter
    cbz x13, signal_pending
    ldr x16, [x13, #THREAD_CONDITION]
    cmp x16, x17
    b.ne signal_bound
    mov x14, x13
    movz x9, #(KIND_NOTIFICATION << 8), lsl #48
signal_receiver:
    ldrh w16, [x10, #CORE_BAR] /* and reschedule */
    ldrb w17, [x14, #THREAD_PRIORITY]
    cmp w17, w16
    b.ls signal_refuse
    ldrh w16, [x14, #THREAD_PLACE] /* and fault_pending */
    cbnz w16, signal_refuse
    ldr x18, [x14, #THREAD_BUDGET]
    cbz x18, signal_refuse
    mrs x13, cntpct_el0 /* D19.12 */
    ldp x16, x18, [x18, #BUDGET_NOW]
    cmp x16, x13
    b.hi signal_refuse
    add x18, x18, x13
    check_drained signal_refuse
    ldr x16, [x10, #CORE_FP_OWNER]
    cmp x16, x11
    ccmp x16, x14, #4, ne
    b.eq signal_refuse

    ldp x16, x17, [x10, #CORE_PAYER] /* and payer_since */
    ldr x16, [x16, #THREAD_BUDGET]
    stp x17, x13, [x16, #BUDGET_USED] /* since, until */
    ldr x16, [x10, #CORE_TIMERS]
    cbz x16, 1f
    ldr x16, [x16, #NODE_KEY]
    cmp x16, x18
    csel x18, x16, x18, lo
1:  msr cnthp_cval_el2, x18 /* D19.12 */
    stp x14, x13, [x10, #CORE_PAYER]
    mov w16, #PRIORITY_HIGHEST
    strb w16, [x10, #CORE_BAR]
    mov w16, #PLACE_IS_RUNNING
    strb w16, [x14, #THREAD_PLACE]
    strb wzr, [x14, #THREAD_CONDITION] /* STATE_READY */
    cbz x9, signal_end_wait
    strb w16, [x14, #THREAD_NOTIFIED] /* true */
signal_switch:
    stp x0, x1, [x11, #THREAD_FRAME]
    stp x2, x3, [x11, #THREAD_FRAME + 16]
    stp x4, x5, [x11, #THREAD_FRAME + 32]
    stp x6, x7, [x11, #THREAD_FRAME + 48]
    stp xzr, xzr, [x11, #THREAD_FRAME + 64] /* x8: QUOLL_OK */
    stp xzr, xzr, [x11, #THREAD_FRAME + 80]
    stp xzr, xzr, [x11, #THREAD_FRAME + 96]
    stp xzr, xzr, [x11, #THREAD_FRAME + 112]
    stp xzr, xzr, [x11, #THREAD_FRAME + 128]
    str xzr, [x11, #THREAD_FRAME + 144]
    mov x8, x9
    leave_native
    enter_native
    mov x0, x12
    ldr x1, [x14, #THREAD_FRAME + 8]
    ldp x2, x3, [x14, #THREAD_FRAME + 16]
    ldp x4, x5, [x14, #THREAD_FRAME + 32]
    ldp x6, x7, [x14, #THREAD_FRAME + 48]
    return_from_call

signal_end_wait:
    str xzr, [x15, #NOTIFICATION_WAITER]
    str xzr, [x14, #THREAD_AWAITED]
    b signal_switch

/* In notification_wait: it may be in a call, and have callers, who may have stalled behind it. */
signal_waiter:
    ldr x16, [x14, #THREAD_CONDITION]
    eor x17, x17, #(STATE_WAITING ^ STATE_NOTIFICATION)
    cmp x16, x17
    b.ne refuse
    ldp x16, x17, [x14, #THREAD_SERVING] /* and the root of callers */
    orr x16, x16, x17
    cbnz x16, refuse
    mov x9, xzr
    b signal_receiver

/* x16: the condition of x13's thread, which cannot just be woken. A native one that does something else asks later. */
signal_bound:
    tbnz x16, #CONDITION_IS_VCPU_SHIFT, refuse
    and w16, w16, #0xff
    cmp w16, #STATE_WAITING
    b.eq refuse
signal_pending:
    ldr x16, [x15, #NOTIFICATION_PENDING]
    orr x16, x16, x12
    str x16, [x15, #NOTIFICATION_PENDING]
    mov x8, xzr
    return_zeroed

signal_refuse:
    mov x9, #NUMBER_SIGNAL
    mov x18, xzr
    b refuse
