/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From the loader to C: the arm64 Linux boot header, relocation, EL2 stage 1 on.
 *
 * The boot protocol promises: x0 is the device tree, MMU and data cache are off, the image was cleaned to the point of
 * coherency, one core runs. Stale clean lines of the image may be in the caches, so what is written before the MMU is
 * on is invalidated before it is read through them. References are to the Arm ARM (DDI 0487).
 */
#include "offsets.h"

#define LINK_ADDRESS 0x40200000 /* kernel.ld */
#define R_AARCH64_RELATIVE 1027
#define CURRENT_EL2 8           /* CurrentEL, C5.2: EL in bits 3:2 */
#define SCTLR_RES1 0x30c50830   /* SCTLR_EL2, D19.2: res1 bits; MMU and caches off, little-endian */

    .section .head, "ax"
    .global image_start
image_start:
    b start
    .long 0
    .quad 0                       /* text_offset */
    .quad boot_info - image_start /* image_size: the host tool writes that of the whole image here */
    .quad 0xa                     /* flags: little-endian, 4 KiB pages, anywhere in RAM */
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

    .text
start:
    msr daifset, #0xf
    mov x19, x0
    adrp x20, image_start
    adrp x0, stack_top
    add x0, x0, :lo12:stack_top
    mov sp, x0
    mov x29, xzr
    mov x30, xzr
    bl relocate

    mrs x0, CurrentEL
    cmp x0, #CURRENT_EL2
    b.ne start_wrong_level

    ldr w0, =SCTLR_RES1
    msr sctlr_el2, x0
    adrp x0, vectors
    add x0, x0, :lo12:vectors
    msr vbar_el2, x0 /* D19.2 */
    isb

    bl stage1_build /* answers TCR_EL2; 0: boot_info is not there or of another version */
    cbz x0, stop
    mov x21, x0

    /* From here to the MMU nothing is written. DC IVAC, C5.3: lines that were read before the writes. */
    adrp x0, rodata_start
    adrp x1, boot_info
    ldr w1, [x1, #BOOT_INFO_TABLES]
    adrp x2, stage1_tables
    add x1, x2, x1, lsl #12
    mrs x2, ctr_el0 /* D19.2: DminLine, log2 of words */
    ubfx x2, x2, #16, #4
    mov x3, #4
    lsl x3, x3, x2
1:  dc ivac, x0
    add x0, x0, x3
    cmp x0, x1
    b.lo 1b
    dsb sy

    ldr x0, =STAGE1_MAIR
    msr mair_el2, x0 /* D19.2 */
    msr tcr_el2, x21 /* D19.2 */
    adrp x0, stage1_tables
    msr ttbr0_el2, x0 /* D19.2 */
    tlbi alle2
    ic iallu
    dsb sy
    isb
    ldr w0, =(SCTLR_RES1 | STAGE1_SCTLR)
    msr sctlr_el2, x0
    isb

    mov x0, x19
    bl start_kernel /* answers the frame of the first thread */
    b vector_exit

stop:
    wfi
    b stop

/* Apply the relative relocations for the distance between link address and x20. Everything lies in memory, uncached. */
relocate:
    ldr w0, =LINK_ADDRESS
    sub x0, x20, x0
    adrp x1, rela_start
    add x1, x1, :lo12:rela_start
    adrp x2, rela_end
    add x2, x2, :lo12:rela_end
1:  cmp x1, x2
    b.hs 3f
    ldp x3, x4, [x1], #16 /* r_offset, r_info */
    ldr x5, [x1], #8      /* r_addend */
    cmp w4, #R_AARCH64_RELATIVE
    b.ne stop
    add x5, x5, x0
    str x5, [x3, x0]
    b 1b
3:  ret

    .ltorg
