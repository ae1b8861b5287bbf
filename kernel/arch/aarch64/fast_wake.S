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

/* x11's thread: x8 is QUOLL_OK, and x9..x18 zero, but for \number. */
    .macro zero_frame number=xzr
    stp xzr, \number, [x11, #THREAD_FRAME + 64]
    stp xzr, xzr, [x11, #THREAD_FRAME + 80]
    stp xzr, xzr, [x11, #THREAD_FRAME + 96]
    stp xzr, xzr, [x11, #THREAD_FRAME + 112]
    stp xzr, xzr, [x11, #THREAD_FRAME + 128]
    str xzr, [x11, #THREAD_FRAME + 144]
    .endm

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
    check_receiver signal_refuse
    ldr x16, [x10, #CORE_FP_OWNER]
    cmp x16, x11
    ccmp x16, x14, #4, ne
    b.eq signal_refuse

    start_receiver
    cbz x9, signal_end_wait
    strb w16, [x14, #THREAD_NOTIFIED] /* true */
signal_switch:
    stp x0, x1, [x11, #THREAD_FRAME]
    stp x2, x3, [x11, #THREAD_FRAME + 16]
    stp x4, x5, [x11, #THREAD_FRAME + 32]
    stp x6, x7, [x11, #THREAD_FRAME + 48]
    mov x8, x9
    zero_frame
    leave_native
    enter_native
    .global signal_received
/* x12: flags; x8 is set. */
signal_received:
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
    tbnz x16, #CONDITION_IS_VCPU_SHIFT, signal_guest
    and w16, w16, #0xff
    cmp w16, #STATE_WAITING
    b.eq refuse
signal_pending:
    ldr x16, [x15, #NOTIFICATION_PENDING]
    orr x16, x16, x12
    str x16, [x15, #NOTIFICATION_PENDING]
    mov x8, xzr
    return_zeroed

/* x13's thread is a vCPU: the flags are interrupts of its guest. What C destroys and the call keeps goes to the frame. */
signal_guest:
    stp x0, x1, [x11, #THREAD_FRAME]
    stp x2, x3, [x11, #THREAD_FRAME + 16]
    stp x4, x5, [x11, #THREAD_FRAME + 32]
    stp x6, x7, [x11, #THREAD_FRAME + 48]
    stp x29, x30, [x11, #THREAD_FRAME + 232]
    mov x0, x13
    mov x1, x12
    mov x29, xzr
    bl vcpu_raise
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    ldrb w16, [x10, #CORE_RESCHEDULE]
    ldp x29, x30, [x11, #THREAD_FRAME + 232]
    cbnz w16, signal_leave
    ldp x0, x1, [x11, #THREAD_FRAME]
    ldp x2, x3, [x11, #THREAD_FRAME + 16]
    ldp x4, x5, [x11, #THREAD_FRAME + 32]
    ldp x6, x7, [x11, #THREAD_FRAME + 48]
    mov x8, xzr
    return_zeroed

/* The guest was waiting for that. */
signal_leave:
    zero_frame
    leave_native
    mov x29, xzr
    mov x0, x10
    bl trap_leave
    b vector_exit

/*
 * reply_wait with QUOLL_FLAG_NO_REPLY and no other flag. One that does answer a caller goes the usual way; otherwise
 * portal_wait says who runs now.
 */
    .balign 64
    .global fast_wait
fast_wait:
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    ldr x14, [x11, #THREAD_SERVING]
    cbnz x14, fast_reply_wait
    check_drained refuse
    leave_native
    mov x0, x10
    mov x29, xzr
    bl portal_wait
    mrs x10, tpidr_el2
    cbz x0, wait_refused
    mov x14, x0
    fp_guard
    ldr x9, [x14, #THREAD_VCPU]
    cbnz x9, reply_enter
    enter_native
    mov x0, x16
    load_frame

/* The general way; a wait that answers nobody says nothing in x0..x7. */
wait_refused:
    ldr x11, [x10, #CORE_CURRENT]
    mov w9, #NUMBER_REPLY_WAIT
    movk w9, #(FLAG_NO_REPLY >> 16), lsl #16
    zero_frame x9
    mov x16, x10
    b synchronous_saved

signal_refuse:
    mov x9, #NUMBER_SIGNAL
    mov x18, xzr
    b refuse
