/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The short way from a guest to a native server, for exits and calls, and back to the guest. The conditions are those of
 * fast.S; besides, on the way back the vCPU is the resident one and its virtual timer has nothing to catch up with.
 * Which registers cross is said in vcpu_arch.c and switch.c, which do the same.
 */
#include "fast.inc"
#include "trace_vectors.inc"

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
    stp x16, x17, [x9, #VCPU_SP] /* and VCPU_CNTKCTL */
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

/* x14's guest, whose vCPU is x9, is `current`. Its frame, which its VMM can write: each field is read once. */
    .macro enter_guest name, frame
    str x14, [x10, #CORE_CURRENT]
    ldp x12, x13, [x9, #VCPU_SCTLR]
    ldp x16, x17, [x9, #VCPU_TPIDR]
    msr sctlr_el1, x12
    msr cpacr_el1, x13
    msr tpidr_el0, x16
    msr tpidrro_el0, x17
    ldp x12, x13, [x9, #VCPU_SP] /* and VCPU_CNTKCTL */
    ldr x16, [x9, #VCPU_MDSCR]
    mov w17, #CNTHCTL_GUEST
    msr sp_el0, x12
    msr cntkctl_el1, x13
    msr mdscr_el1, x16
    msr cnthctl_el2, x17
    ldp \frame, x12, [x14, #THREAD_FRAME_POINTER] /* and THREAD_VTTBR */
    ldr x13, [x9, #VCPU_HCR]
    msr vttbr_el2, x12
    isb
    msr hcr_el2, x13
    str x9, [x10, #CORE_GUEST]
    ldp x12, x13, [\frame, #FRAME_PC]
    ldr x16, [x10, #CORE_GUEST_MODES]
    and w13, w13, #PSTATE_GUEST /* C5.2 */
    lsr w16, w16, w13 /* SPSR_EL2.M is five bits */
    tbz w16, #0, \name\()_bad_mode
\name\()_mode:
    msr elr_el2, x12
    msr spsr_el2, x13
    stp \frame, x14, [x10, #CORE_FRAME]
    .endm

/* A mode that is not allowed becomes EL1h. */
    .macro enter_guest_aside name
\name\()_bad_mode:
    and w13, w13, #~SPSR_M
    mov w16, #MODE_EL1H
    orr w13, w13, w16
    b \name\()_mode
    .endm

/* What guest_abort left of the registers goes to the frame at x17, and its pstate. x12 becomes its pc; x13 scratch. */
    .macro save_rest pstate
    str \pstate, [x17, #FRAME_PSTATE]
    ldp x12, x13, [sp, #-16]
    stp x12, x13, [x17, #128]
    mrs x12, elr_el2
    stp x0, x1, [x17]
    stp x2, x3, [x17, #16]
    stp x4, x5, [x17, #32]
    stp x6, x7, [x17, #48]
    stp x8, x9, [x17, #64]
    stp x18, x19, [x17, #144]
    stp x20, x21, [x17, #160]
    stp x22, x23, [x17, #176]
    stp x24, x25, [x17, #192]
    stp x26, x27, [x17, #208]
    stp x28, x29, [x17, #224]
    stp x30, x12, [x17, #240]
    .endm

/* What the store whose syndrome is x15 writes, as wide as it is; the frame at x17 is complete. x5..x7 scratch. */
    .macro stored_value value
    ubfx x5, x15, #16, #5 /* SRT */
    ubfx x6, x15, #22, #2 /* SAS */
    mov x7, #-8
    lsl x7, x7, x6 /* as a shift: 64 minus the bits of the access */
    ldr \value, [x17, x5, lsl #3]
    cmp x5, #31
    mov x6, #-1
    lsr x6, x6, x7
    csel x6, xzr, x6, eq
    and \value, \value, x6
    .endm

    .text
    .balign 64
/*
 * A data abort of a guest, or something rarer; x16 its vCPU, x17 the frame; what they held stands below the stack. First: is it a plain load or store that met
 * a translation fault, whose address HPFAR_EL2 then has, and does the match table (match.h) know it?
 * Behind the save: x15 syndrome, x17 frame, x16 vCPU; x10..x14 scratch. ESR_EL2, FAR_EL2, HPFAR_EL2: Arm ARM D19.2
 */
    .global guest_abort
guest_abort:
    stp x10, x11, [x17, #80]
    stp x12, x13, [x17, #96]
    stp x14, x15, [x17, #112]
    mrs x15, esr_el2
    ldr x12, abort_plain /* and the mask, its lower half */
    and w13, w12, w15
    cmp x13, x12, lsr #32
    b.ne abort_other
    mrs x11, spsr_el2
    tbnz w11, #4, abort_other /* M[4], C5.2: AArch32 */
    tbnz w11, #21, abort_other /* SS: the step is over behind this instruction (switch.c) */
    mrs x14, hpfar_el2
    mrs x12, far_el2
    lsl x14, x14, #8
    bfxil x14, x12, #0, #12
    ldr x12, match_hash
    mul x12, x12, x14
    lsr x12, x12, #MATCH_SHIFT
    add x13, x16, x12
    ldrb w10, [x13, #VCPU_MATCH_REACH]
    cbz w10, abort_exit
    and x13, x15, #(7 << 22) /* ISV, SAS */
    orr x13, x14, x13, lsl #(MATCH_SIZE - 22)
    tbz w15, #6, 1f /* WnR */
    orr x13, x13, #(1 << MATCH_WRITE)
1:  add x11, x16, x12, lsl #3
    ldr x11, [x11, #VCPU_MATCH_KEY]
    cmp x11, x13
    b.eq match_found
    add x12, x12, #1
    and x12, x12, #(MATCH_COUNT - 1)
    subs w10, w10, #1
    b.ne 1b
    mrs x11, spsr_el2

abort_exit: /* x11: SPSR_EL2 */
    save_rest x11
    mov x3, xzr
    tbnz w15, #6, abort_value
abort_send:
    mov x0, #EXIT_ABORT
    mov x1, x15
    mov x2, x14
    mov x4, x12
    mrs x5, far_el2
    mrs x10, tpidr_el2
    mov x9, x16
    ldr x11, [x10, #CORE_CURRENT]

/* The VMM gets x0..x5 (abi/vcpu.h); x9: the vCPU. */
exit_send:
    ldp x15, x8, [x9, #VCPU_EXIT] /* and its label */
    cbz x15, exit_refuse
    find_server exit_refuse
    begin_check exit, exit_refuse
    fp_guard
    ldr w16, [x10, #CORE_ANSWERABLE_EXIT] /* neither suspended nor faulted: it was running */
    begin_commit str
    ldp x6, x7, [x10, #CORE_ZERO]
    leave_guest
    enter_native
    return_from_call

    begin_check_aside exit, exit_refuse

exit_refuse:
    stp x0, x1, [x10, #CORE_EXIT]
    stp x2, x3, [x10, #CORE_EXIT + 16]
    str x5, [x10, #CORE_EXIT + 40]
    mov x29, xzr
    mov x0, x10
    bl trap_exit
    b vector_exit

abort_value:
    stored_value x3
    b abort_send

    .balign 8
match_hash:
    .quad MATCH_MULTIPLIER
/*
 * Mask: EC; IL, ISV; SSE; CM, S1PTW; FSC without its level. Plain is a data abort of a 32-bit instruction with a valid
 * syndrome, by a translation fault.
 */
abort_plain:
    .quad 0x93000004ff2001bc

abort_other:
    mrs x13, spsr_el2
    save_rest x13
    mrs x10, tpidr_el2
    ldr x11, [x10, #CORE_CURRENT]
    b fast_exit

/* x12: the index of the entry; it is for this direction and size. */
match_found:
    add x11, x16, x12, lsl #6
    tbnz w15, #6, match_store
    ldr x12, [x11, #VCPU_MATCH_VALUE]
    ubfx x13, x15, #16, #5
    adr x14, match_targets
    add x14, x14, x13, lsl #3
    br x14

/* Loads: x12 is as wide as the access, and the rest of the register becomes zero. */
match_targets:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
    mov x\n, x12
    b match_done
    .endr
    .irp n, 10, 11, 12, 13, 14, 15
    str x12, [x17, #8 * \n]
    b match_done
    .endr
    str x12, [sp, #-16]
    b match_done
    str x12, [sp, #-8]
    b match_done
    .irp n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov x\n, x12
    b match_done
    .endr
    nop /* the zero register */
match_done:
    mrs x16, elr_el2
    add x16, x16, #4
    msr elr_el2, x16
    ldp x10, x11, [x17, #80]
    ldp x12, x13, [x17, #96]
    ldp x14, x15, [x17, #112]
    ldp x16, x17, [sp, #-16]
    eret
    dsb nsh
    isb

match_store:
    ldr x12, [x11, #VCPU_MATCH_ACTION]
    cmp x12, #ACTION_IGNORE
    b.eq match_done
    mrs x13, spsr_el2
    save_rest x13
    stored_value x2
    add x1, x11, #VCPU_MATCH_ENTRY
    mrs x10, tpidr_el2
    ldp x3, x4, [x1, #ENTRY_BELL] /* its notification and flags, and below which value */
    ldr x5, [x1, #ENTRY_VALUE]
    cmp x2, x5
    b.hs bell_general
    mov x12, #1
    lsl x12, x12, x2
    ands x12, x12, x4
    b.eq bell_general
    ldp x14, x5, [x3, #NOTIFICATION_BOUND] /* and waiter */
    cbnz x5, bell_general
    cbz x14, bell_general
    ldr x3, [x14, #THREAD_CONDITION]
    ldr x4, [x10, #CORE_CALLABLE]
    cmp x3, x4
    b.ne bell_general
    mov x9, x16
    mov x5, x17
    check_receiver bell_general
    start_receiver
    strb w16, [x14, #THREAD_NOTIFIED] /* true */
    ldr x13, [x5, #FRAME_PC]
    add x13, x13, #4
    str x13, [x5, #FRAME_PC]
    fp_guard
    leave_guest
    enter_native
    movz x8, #(KIND_NOTIFICATION << 8), lsl #48
    b signal_received

bell_general:
    mov x0, x10
    mov x29, xzr
    bl trap_doorbell
    b handler_exit

    .balign 64
    .global fast_system
/*
 * A trapped MRS or MSR. ISS: Op0 21:20, Op1 16:14, CRn 13:10, Rt 9:5, bit 0: MRS. Of an ID register (3, 0, 0) the value
 * goes along (id_registers.c); what the kernel may have to do itself (guest_cache.c) is not for here.
 */
fast_system:
    mrs x17, tpidr_el2
    ldp x16, x17, [x17, #CORE_GUEST] /* and CORE_FRAME */
    cbz x16, synchronous_general
    save_frame_at_x17 x4
    mov x9, x16
    mrs x10, tpidr_el2
    mov x0, #EXIT_SYSTEM_REGISTER
    mrs x1, esr_el2
    ldp x2, x3, [x10, #CORE_ZERO]
    mov x5, xzr
    ldr x11, [x10, #CORE_CURRENT]
    tbz w1, #0, 1f
    ubfx w6, w1, #10, #7 /* CRn, Op1 */
    cbnz w6, exit_send
    ubfx w6, w1, #20, #2 /* Op0 */
    cmp w6, #3
    b.ne exit_send
    b fast_exit
1:  ldr x6, [x9, #VCPU_HCR]
    tbz x6, #HCR_TVM_BIT, 2f
    ubfx w6, w1, #10, #4
    cmp w6, #12 /* of the interrupt controller: none of what TVM traps */
    b.ne fast_exit
2:  ubfx w6, w1, #20, #2
    cmp w6, #3
    b.ne fast_exit
    ubfx x6, x1, #5, #5
    cmp x6, #31
    b.eq exit_send
    ldr x3, [x17, x6, lsl #3]
    b exit_send

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
    find_slot RIGHT_CALL_BIT, refuse
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
    ldp x4, x5, [x0, #32]
    ldp x2, x3, [x0, #16]
    ldp x0, x1, [x0]
    ldr x9, [x11, #THREAD_VCPU]
    b exit_send

leave:
    mov x0, x10
    bl trap_leave
    b vector_exit

/*
 * From fast_reply_wait, where x14 is a vCPU's thread. It must be the resident one, and its timer have nothing to catch up
 * with; x13 becomes the vCPU.
 */
    .macro reply_guest_check
    ldr x13, [x14, #THREAD_VCPU]
    ldr x17, [x10, #CORE_RESIDENT]
    cmp x13, x17
    b.ne refuse_wait
    mov x17, #VCPU_TIMER_LINE
    ldrb w17, [x13, x17]
    cbnz w17, refuse_wait
    reply_check refuse_wait
    .endm

    .global reply_exit
/* An exit is answered. */
reply_exit:
    cbnz x0, reply_exit_flags
reply_exit_known:
    reply_guest_check
    fp_guard
    reply_commit
    leave_native
    mov x9, x13
    tbnz x0, #0, reply_interrupt
    .global reply_enter
reply_enter:
    enter_guest exit, x0
    load_frame

    enter_guest_aside exit

reply_exit_flags:
    tst x0, #~REPLY_INTERRUPT
    b.ne refuse_wait
    b reply_exit_known

    .global reply_hypercall
/* x15: how the guest's condition differs from that of a native thread that called: but for being a vCPU's, in nothing? */
reply_hypercall:
    eor x16, x15, #(1 << CONDITION_IS_VCPU_SHIFT)
    cbnz x16, refuse_wait
    reply_guest_check
    fp_guard
    reply_commit
    leave_native
    mov x9, x13
    enter_guest hypercall, x17
    ldp x19, x20, [x17, #152]
    ldp x21, x22, [x17, #168]
    ldp x23, x24, [x17, #184]
    ldp x25, x26, [x17, #200]
    ldp x27, x28, [x17, #216]
    ldp x29, x30, [x17, #232]
    mov x8, xzr
    return_zeroed

    enter_guest_aside hypercall

/* The reply says something of an interrupt, in x1..x3. The VMM's x19 and what follows are saved already. */
reply_interrupt:
    mov x19, x10
    mov x20, x14
    mov x0, x9
    mov x29, xzr
    bl vcpu_reply_interrupt
    mov x10, x19
    mov x14, x20
    ldr x9, [x14, #THREAD_VCPU]
    b reply_enter

/*
 * An interrupt while a guest runs, x16 its vCPU; x16 and x17 stand below the stack. Its virtual timer, time and again:
 * the list register that had the last one is empty, and gets the same once more (virtual_interrupt_timer). ICC_ and ICH_
 * registers: GICv3 specification (IHI 0069), 12.2 and 12.4; CNTV_CTL_EL0: Arm ARM D19.12.
 */
    .balign 64
    .global guest_interrupt
guest_interrupt:
    trace_general interrupt_general
    mov x17, x16
    mrs x16, S3_0_C12_C12_0 /* ICC_IAR1_EL1 */
    dsb sy                  /* acknowledged before the timer is looked at, 4.1.1 */
    cmp w16, #TIMER_INTERRUPT
    b.ne interrupt_taken
    ldr x16, [x17, #VCPU_WAITING]
    cbnz x16, timer_taken
    ldrb w16, [x17, #VCPU_TIMER_LISTED]
    .irp n, 0, 1, 2, 3
    subs w16, w16, #1
    b.eq timer_list_register_\n
    .endr
timer_taken:
    mov w16, #TIMER_INTERRUPT
    b interrupt_taken

    .irp n, 0, 1, 2, 3
timer_list_register_\n:
    mrs x16, ich_lr\n\()_el2
    lsr x16, x16, #62 /* pending, active */
    cbnz x16, timer_taken
    isb
    mrs x16, cntv_ctl_el0
    cmp x16, #5 /* enabled, not masked, its time has come */
    b.ne timer_taken
    mov w16, #TIMER_INTERRUPT
    msr S3_0_C12_C12_1, x16 /* ICC_EOIR1_EL1: priority drop alone */
    ldr x16, [x17, #VCPU_LIST_REGISTER + 8 * \n]
    msr ich_lr\n\()_el2, x16
    b timer_record
    .endr

timer_record:
    mov x16, #VCPU_TIMER_ACTIVE
    strb wzr, [x17, x16]
    mov x16, #VCPU_TIMER_OFFERED
    add x17, x17, x16
    mov w16, #1
    strb w16, [x17]
    strb w16, [x17, #VCPU_TIMER_LINE - VCPU_TIMER_OFFERED]
    ldp x16, x17, [sp, #-16]
    eret
    dsb nsh
    isb

/* The general way for w16, which has been acknowledged. */
interrupt_taken:
    mrs x17, tpidr_el2
    ldr x17, [x17, #CORE_FRAME]
    stp x0, x1, [x17]
    mov w1, w16
    save_from_x2
    mov x29, xzr
    mrs x0, tpidr_el2
    bl trap_interrupt_taken
    b handler_exit

/* The guest in the CPU, whose registers are in its frame, makes way for the native thread that is `current` now. */
    .balign 64
    .global guest_preempted
guest_preempted:
    mrs x10, tpidr_el2
    ldr x9, [x10, #CORE_GUEST]
    ldr x14, [x10, #CORE_CURRENT]
    leave_guest
    enter_native
    mov x0, x16
    load_frame
