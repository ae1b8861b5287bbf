/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one file of the kernel that touches FP registers. x0: where struct arch_fp is, `at` bytes on. AArch32 state of EL0 lies in the same
 * registers (Arm ARM D1.8.1).
 */
#include "offsets.h"

    .arch armv8-a+fp+simd
    .macro each operation, at
    \operation q0, q1, [x0, #\at + 0]
    \operation q2, q3, [x0, #\at + 32]
    \operation q4, q5, [x0, #\at + 64]
    \operation q6, q7, [x0, #\at + 96]
    \operation q8, q9, [x0, #\at + 128]
    \operation q10, q11, [x0, #\at + 160]
    \operation q12, q13, [x0, #\at + 192]
    \operation q14, q15, [x0, #\at + 224]
    \operation q16, q17, [x0, #\at + 256]
    \operation q18, q19, [x0, #\at + 288]
    \operation q20, q21, [x0, #\at + 320]
    \operation q22, q23, [x0, #\at + 352]
    \operation q24, q25, [x0, #\at + 384]
    \operation q26, q27, [x0, #\at + 416]
    \operation q28, q29, [x0, #\at + 448]
    \operation q30, q31, [x0, #\at + 480]
    .endm

    .macro save_all a, b, at=0
    each stp, \at
    mrs \a, fpcr
    mrs \b, fpsr
    add x0, x0, #\at + 512
    stp \a, \b, [x0]
    .endm

    .macro load_all a, b, at=0
    each ldp, \at
    add x0, x0, #\at + 512
    ldp \a, \b, [x0]
    msr fpcr, \a
    msr fpsr, \b
    .endm

    .text
    .global fp_save
    .type fp_save, %function
fp_save:
    save_all x1, x2
    ret
    .size fp_save, . - fp_save

    .global fp_load
    .type fp_load, %function
fp_load:
    load_all x1, x2
    ret
    .size fp_load, . - fp_load

/*
 * A use of FP registers was trapped, and x16 and x17 are below the stack: fp_take for the thread that ran, which goes on
 * at the same instruction with all its registers. ELR_EL2 and SPSR_EL2 are as the exception set them.
 */
    .balign 64
    .global fp_trapped
    .type fp_trapped, %function
fp_trapped:
    stp x0, x1, [sp, #-32]
    mrs x16, tpidr_el2
    ldr x17, [x16, #CORE_CURRENT]
    ldr x0, [x16, #CORE_CPTR + 8]
    msr cptr_el2, x0 /* Arm ARM D19.2 */
    isb              /* EL2 traps too while TFP is set */
    ldr x0, [x16, #CORE_FP_OWNER]
    str x17, [x16, #CORE_FP_OWNER]
    cmp x0, x17
    b.eq 2f
    cbz x0, 1f
    save_all x1, x16, THREAD_FP
1:  mov x0, x17
    load_all x1, x16, THREAD_FP
2:  ldp x0, x1, [sp, #-32]
    ldp x16, x17, [sp, #-16]
    eret
    dsb nsh
    isb
    .size fp_trapped, . - fp_trapped
