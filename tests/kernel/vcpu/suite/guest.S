/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Routines of the guests. The VMM copies all of them to the start of a guest's RAM, sets registers and starts at one;
 * `hvc #0` says that it is done, and goes on with the same routine when the VMM does nothing else. Stage 1 is off.
 *
 * Interrupts are logged in RAM: GUEST_LOG holds how many, then their numbers; the word before it holds when the last
 * one of the timer came.
 */
#define GUEST_LOG 0x4008 /* << 16 */
#define DEVICE    0x0900 /* << 16: a store there asks the VMM to lower the line of interrupt 50 */

#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_HPPIR1_EL1  S3_0_C12_C12_2
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_DIR_EL1     S3_0_C12_C11_1

    .section .rodata.guest, "a"
    .balign 4096
    .global guest_begin
guest_begin:

    .macro vector target
    .balign 128
    b \target
    .endm

/* Vectors: the four kinds from EL1 with SP_EL0, EL1, EL0, AArch32 EL0. */
    vector unexpected
    vector handle_interrupt
    vector unexpected
    vector unexpected
    vector unexpected
    vector handle_interrupt
    vector unexpected
    vector unexpected
    vector from_below
    vector handle_interrupt
    vector unexpected
    vector unexpected
    vector from_below
    vector handle_interrupt
    vector unexpected
    vector unexpected

unexpected:
    mrs x0, esr_el1
    mrs x1, elr_el1
    mrs x2, far_el1
    mov x3, #0xdead
    hvc #0
    b unexpected

/* Whatever EL0 did: hand its registers to the VMM as they are. */
from_below:
    hvc #0
    eret

handle_interrupt:
    stp x0, x1, [sp, #-32]!
    stp x2, x3, [sp, #16]
    mrs x0, ICC_IAR1_EL1
    movz x1, #GUEST_LOG, lsl #16
    ldr x2, [x1]
    add x3, x1, x2, lsl #3
    str x0, [x3, #8]
    add x2, x2, #1
    str x2, [x1]
    cmp x0, #27
    b.ne 1f
    msr cntv_ctl_el0, xzr
    mrs x2, cntvct_el0
    str x2, [x1, #-8]
1:  cmp x0, #50
    b.ne 2f
    movz x2, #DEVICE, lsl #16
    str w0, [x2]
2:  msr ICC_EOIR1_EL1, x0
    ldp x2, x3, [sp, #16]
    ldp x0, x1, [sp], #32
    eret

    .macro enable_interrupts
    mov x9, #0xff
    msr ICC_PMR_EL1, x9
    mov x9, #1
    msr ICC_IGRPEN1_EL1, x9
    isb
    .endm

/* --- calls and exits */

    .global guest_exit
guest_exit:
    hvc #0
    b guest_exit

    .global guest_call
guest_call:
    hvc #1
    hvc #0
    b guest_call

    .global guest_smc
guest_smc:
    smc #0
    hvc #5
    mrs x0, id_aa64pfr0_el1
    msr pmuserenr_el0, x1
    dc cisw, x2 /* the kernel does it */
    mrs x3, cntp_ctl_el0
    hvc #0
    b guest_smc

    .global guest_level
guest_level:
    mrs x0, CurrentEL
    mrs x1, SPSel
    mrs x2, daif
    hvc #0
    b guest_level

    .global guest_identity
guest_identity:
    mrs x0, mpidr_el1
    mrs x1, midr_el1
    mrs x2, cntvct_el0
    mrs x3, cntpct_el0
    hvc #0
    b guest_identity

/* x1: a device. Every kind of access, loads into registers that hold nonsense before. */
    .global guest_access
guest_access:
    str w2, [x1]
    strb w2, [x1, #4]
    strh w2, [x1, #6]
    str x2, [x1, #8]
    str xzr, [x1, #16]
    ldr w3, [x1]
    ldrb w4, [x1]
    ldrsb x5, [x1]
    ldrsb w6, [x1]
    ldrsh x7, [x1]
    ldrsw x8, [x1]
    ldr x9, [x1]
    ldr wzr, [x1]
    ldp x10, x11, [x1]
    hvc #0
    b guest_access

/* x1: stores w2, loads w3. */
    .global guest_store_load
guest_store_load:
    str w2, [x1]
    ldr w3, [x1]
    hvc #0
    b guest_store_load

    .global guest_execute
guest_execute:
    br x1

/* --- interrupts: x19 says how many there must be in the log */

    .global guest_take_interrupts
guest_take_interrupts:
    enable_interrupts
    movz x10, #GUEST_LOG, lsl #16
    msr daifclr, #2
1:  ldr x11, [x10]
    cmp x11, x19
    b.lo 1b
    msr daifset, #2
    hvc #0
    b guest_take_interrupts

/*
 * x20: a notification, x22 the number of the call that raises its flags: rings, and waits for the interrupt that is the
 * answer. What d8 had all the while is in x1 at the end.
 */
    .global guest_ring
guest_ring:
    enable_interrupts
    mov x0, #(3 << 20)
    msr cpacr_el1, x0
    isb
    fmov d8, x20
    msr daifclr, #2
1:  movz x10, #GUEST_LOG, lsl #16
    ldr x21, [x10]
    mov x0, #1
    mov x8, x20
    mov x9, x22
    hvc #1
    movz x10, #GUEST_LOG, lsl #16
2:  ldr x11, [x10]
    cmp x11, x21
    b.ls 2b
    cmp x11, x19
    b.lo 1b
    msr daifset, #2
    fmov x1, d8
    hvc #0
    b guest_ring

/* The same with WFI instead of a loop. */
    .global guest_wait_interrupts
guest_wait_interrupts:
    enable_interrupts
    movz x10, #GUEST_LOG, lsl #16
1:  msr daifset, #2
    ldr x11, [x10]
    cmp x11, x19
    b.hs 2f
    wfi
    msr daifclr, #2
    isb
    b 1b
2:  hvc #0
    b guest_wait_interrupts

/* EOImode 1, all acknowledged, none deactivated before the end: x0 how many could be. */
    .global guest_keep_active
guest_keep_active:
    enable_interrupts
    mov x9, #2
    msr ICC_CTLR_EL1, x9
    isb
    mov x0, #0

    movz x12, #0x4007, lsl #16
1:  mrs x11, ICC_IAR1_EL1
    cmp x11, #1020
    b.hs 2f
    msr ICC_EOIR1_EL1, x11
    str x11, [x12, x0, lsl #3]
    add x0, x0, #1
    isb
    b 1b
2:  hvc #0
    mov x13, #0
3:  cmp x13, x0
    b.hs 4f
    ldr x11, [x12, x13, lsl #3]
    msr ICC_DIR_EL1, x11
    isb
    add x13, x13, #1
    b 3b
4:  mrs x1, ICC_IAR1_EL1
    hvc #0
    b guest_keep_active

/* --- the virtual timer: x20 ticks from now, then as above */

    .global guest_timer
guest_timer:
    mrs x9, cntvct_el0
    add x9, x9, x20
    mov x21, x9
    msr cntv_cval_el0, x9
    mov x9, #1
    msr cntv_ctl_el0, x9
    isb
    b guest_wait_interrupts

/* Fires while interrupts are masked, then moves away; x0: what is pending after that. Then fires for good. */
    .global guest_timer_moved
guest_timer_moved:
    enable_interrupts
    movz x10, #GUEST_LOG, lsl #16
    msr cntv_cval_el0, xzr
    mov x9, #1
    msr cntv_ctl_el0, x9
    isb
1:  mrs x0, ICC_HPPIR1_EL1
    cmp x0, #27
    b.ne 1b
    mov x9, #-1
    msr cntv_cval_el0, x9
    isb
    hvc #0
    mrs x0, ICC_HPPIR1_EL1
    msr daifclr, #2
    isb
    msr daifset, #2
    ldr x1, [x10]
    hvc #0
    msr cntv_cval_el0, xzr
    msr daifclr, #2
    isb
2:  ldr x1, [x10]
    cbz x1, 2b
    hvc #0
    b guest_timer_moved

/* --- floating point: x0 is a seed; answers how many registers changed over the exit */

    .global guest_float
guest_float:
    mov x9, #(3 << 20)
    msr cpacr_el1, x9
    isb
    mov x1, #0
    mov x3, #(3 << 22)
    msr fpcr, x3
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    add x2, x0, #\n
    dup v\n\().2d, x2
    .endr
    hvc #0
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    add x2, x0, #\n
    mov x3, v\n\().d[1]
    cmp x2, x3
    cinc x1, x1, ne
    .endr
    mrs x3, fpcr
    mov x0, x1
    hvc #0
    b guest_float

/* --- what a guest may leave behind for whoever runs next */

    .global guest_mess
guest_mess:
    mov x9, #-1
    msr tpidr_el0, x9
    msr tpidrro_el0, x9
    msr sp_el0, x9
    msr tpidr_el1, x9
    msr cpacr_el1, xzr
    msr cntkctl_el1, xzr
    mrs x9, sctlr_el1
    orr x9, x9, #(3 << 24) /* EE, E0E */
    orr x9, x9, #(1 << 1)  /* A */
    bic x9, x9, #(1 << 26) /* UCI */
    bic x9, x9, #(1 << 15) /* UCT */
    bic x9, x9, #(1 << 14) /* DZE */
    msr sctlr_el1, x9
    isb
    hvc #0
    mrs x0, tpidr_el0
    mrs x1, tpidrro_el0
    mrs x2, sp_el0
    mrs x3, cpacr_el1
    mrs x4, cntkctl_el1
    mrs x5, sctlr_el1
    eor x5, x5, x9
    hvc #0
    b guest_mess

/*
 * Two guests at once: x0 is this one's pattern, x20 its timer's period, x19 how many interrupts. After each, all
 * registers must hold the pattern. Answers x1 how often one did not.
 */
    .macro each_register operation
    \operation tpidr_el0
    \operation tpidrro_el0
    \operation tpidr_el1
    \operation sp_el0
    \operation ttbr0_el1
    \operation ttbr1_el1
    \operation far_el1
    \operation mair_el1
    .endm
    .macro set_register name
    msr \name, x0
    .endm
    .macro check_register name
    mrs x9, \name
    cmp x9, x0
    cinc x1, x1, ne
    .endm

    .global guest_share
guest_share:
    enable_interrupts
    each_register set_register
    mov x1, #0
    mov x13, #0
    movz x10, #GUEST_LOG, lsl #16
1:  mrs x9, cntvct_el0
    add x9, x9, x20
    msr cntv_cval_el0, x9
    mov x9, #1
    msr cntv_ctl_el0, x9
    isb
    add x13, x13, #1
    msr daifclr, #2
2:  tbz x13, #0, 3f /* waits in every second round, works in the others */
    msr daifset, #2
    ldr x11, [x10]
    cmp x11, x13
    b.hs 4f
    wfi
    msr daifclr, #2
    isb
    b 2b
3:  ldr x11, [x10]
    cmp x11, x13
    b.lo 2b
4:  msr daifset, #2
    each_register check_register
    cmp x13, x19
    b.lo 1b
    hvc #0
    b guest_share

/* Loads from x20 again and again, x19 times; x1 how often it was not x0. */
    .global guest_look
guest_look:
    mov x1, #0
1:  ldr x9, [x20]
    cmp x9, x0
    cinc x1, x1, ne
    sub x19, x19, #1
    cbnz x19, 1b
    hvc #0
    b guest_look

/* AArch32 EL0, A32: load the word at r1, then svc. */
    .global guest_aarch32
guest_aarch32:
    .word 0xe5910000
    .word 0xef000000

    .global guest_end
guest_end:
