/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A client and a server that ways_domains.c copies into domains of their own. They exchange words with a checksum, each
 * time in a way chosen at random, and count what is wrong: words, registers, SIMD registers, and the memory that they
 * see. x0 of both: their page, which lies at the same address in both domains.
 */
    .equ PAGE_KEY, 0      /* what the server adds to each word */
    .equ PAGE_SEED, 8
    .equ PAGE_ROUNDS, 16  /* done */
    .equ PAGE_ERRORS, 24
    .equ PAGE_WANTED, 32  /* rounds */
    .equ PAGE_PEER, 40    /* the server's key */
    .equ PAGE_SENT, 64    /* words */

/*
 *   x19 page   x20 key   x21 random   x22 errors   x23 rounds   x24 what d8 and d31 hold   x25 sp   x26, x27 scratch
 */
    .macro begin
    mov x19, x0
    ldr x20, [x19, #PAGE_KEY]
    ldr x21, [x19, #PAGE_SEED]
    mov x22, xzr
    mov x23, xzr
    add x25, x19, #4080
    mov sp, x25
    msr tpidr_el0, x20
    mov x24, x21
    fmov d8, x24
    fmov d31, x24
    .endm

    .macro random
    mov x26, #0x7f2d
    movk x26, #0x4c95, lsl #16
    movk x26, #0xf42d, lsl #32
    movk x26, #0x5851, lsl #48
    madd x21, x21, x26, x20
    orr x21, x21, #1
    .endm

    .macro wrong_unless_equal a, b
    cmp \a, \b
    cinc x22, x22, ne
    .endm

    .macro check_kept
    orr x26, x9, x10
    orr x26, x26, x11
    orr x26, x26, x12
    orr x26, x26, x13
    orr x26, x26, x14
    orr x26, x26, x15
    orr x26, x26, x16
    orr x26, x26, x17
    orr x26, x26, x18
    wrong_unless_equal x26, xzr
    mov x26, sp
    wrong_unless_equal x26, x25
    mrs x26, tpidr_el0
    wrong_unless_equal x26, x20
    ldr x26, [x19, #PAGE_KEY]
    wrong_unless_equal x26, x20
    tbz x21, #62, 3f /* SIMD registers are looked at now and then */
    fmov x26, d8
    wrong_unless_equal x26, x24
    fmov x26, d31
    wrong_unless_equal x26, x24
3:  tbz x21, #61, 3f
    mov x24, x21
    fmov d8, x24
    fmov d31, x24
3:
    .endm

/* x26: x0 + ... + x6 */
    .macro checksum
    add x26, x0, x1
    add x26, x26, x2
    add x26, x26, x3
    add x26, x26, x4
    add x26, x26, x5
    add x26, x26, x6
    .endm

/* The call number, with QUOLL_FLAG_RECEIVE and nothing to receive half of the time; the rest is filled. */
    .macro choose_way number
    mov x9, #\number
    ubfx x27, x21, #50, #1
    orr x9, x9, x27, lsl #17
    .irp n, 10, 12, 13, 14, 15, 16, 17, 18
    mvn x\n, x21
    .endr
    mov x11, xzr
    .endm

    .macro end_round
    add x23, x23, #1
    str x23, [x19, #PAGE_ROUNDS]
    str x22, [x19, #PAGE_ERRORS]
    .endm

    .arch armv8-a+fp+simd
    .text
    .global pair_program, pair_program_end, pair_server
    .balign 64
/* The client: calls its capability 1; when it is done it waits for its capability 2. */
pair_program:
    begin
1:  random
    mov x0, x21
    mvn x1, x21
    ror x2, x21, #7
    ror x3, x21, #17
    eor x4, x21, x21, lsr #3
    neg x5, x21
    rev x6, x21
    checksum
    mov x7, x26
    stp x0, x1, [x19, #PAGE_SENT]
    stp x2, x3, [x19, #PAGE_SENT + 16]
    stp x4, x5, [x19, #PAGE_SENT + 32]
    str x6, [x19, #PAGE_SENT + 48]
    mov x8, #1
    choose_way 0x50
    svc #1
    check_kept
    wrong_unless_equal x8, xzr
    checksum
    wrong_unless_equal x26, x7
    ldr x27, [x19, #PAGE_PEER]
    .irp n, 0, 1, 2, 3, 4, 5, 6
    ldr x26, [x19, #PAGE_SENT + 8 * \n]
    add x26, x26, x27
    wrong_unless_equal x26, x\n
    .endr
    end_round
    ldr x26, [x19, #PAGE_WANTED]
    cmp x23, x26
    b.lo 1b
    mov x0, #-1
    mov x8, #2
    mov x9, #0x61
    svc #1
    b .

pair_server:
    begin
    mov x8, xzr
    mov x9, #0x51
    movk x9, #8, lsl #16 /* QUOLL_FLAG_NO_REPLY */
    svc #1
1:  random
    check_kept
    mov x26, #7
    movk x26, #0x0100, lsl #48 /* QUOLL_KIND_MESSAGE, label 7 */
    wrong_unless_equal x8, x26
    checksum
    wrong_unless_equal x26, x7
    ldr x26, [x19, #PAGE_KEY]
    .irp n, 0, 1, 2, 3, 4, 5, 6
    add x\n, x\n, x26
    .endr
    checksum
    mov x7, x26
    end_round
    mov x8, x21
    choose_way 0x51
    svc #1
    b 1b

/* Writes to page after page, which its pager maps. PAGE_PEER: the address of the first. */
    .global page_client
page_client:
    begin
    ldr x24, [x19, #PAGE_PEER]
1:  random
    .irp n, 0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 28, 29, 30
    add x\n, x21, #\n
    .endr
    str x21, [x24]
    .irp n, 0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 28, 29, 30
    add x26, x21, #\n
    wrong_unless_equal x26, x\n
    .endr
    ldr x26, [x24]
    add x24, x24, #4096
    wrong_unless_equal x26, x21
    mov x26, sp
    wrong_unless_equal x26, x25
    mrs x26, tpidr_el0
    wrong_unless_equal x26, x20
    ldr x26, [x19, #PAGE_KEY]
    wrong_unless_equal x26, x20
    end_round
    ldr x26, [x19, #PAGE_WANTED]
    cmp x23, x26
    b.lo 1b
    mov x0, #-1
    mov x8, #2
    mov x9, #0x61
    svc #1
    b .
pair_program_end:

    .section .note.GNU-stack, "", %progbits
