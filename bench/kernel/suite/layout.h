/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What C and assembly know of a side: its block, its capability indices, the calls that its programs make.
 */
#pragma once

/* The block: see struct block in side.h. */
#define BLOCK_X           0
#define BLOCK_ROUNDS      104
#define BLOCK_ANSWER      112
#define BLOCK_RTC         120
#define BLOCK_STATE       216
#define BLOCK_THEN        128
#define BLOCK_ANSWER_THEN 208
#define BLOCK_LOG         4096

/* Indices of a side's own list. */
#define SIDE_TARGET  1 /* what it calls, signals, waits for or acknowledges */
#define SIDE_DONE    2 /* notification: tells the suite */
#define SIDE_NOTHING 3 /* notification that nobody signals */
#define SIDE_DOMAIN  4 /* a pager's client */
#define SIDE_MEMORY  5 /* what a pager maps */
#define SIDE_POOL    6
#define SIDE_EMPTY   7 /* where it receives */

#define CALL_MAP         0x18
#define CALL_REPLY_WAIT  0x51
#define CALL_SIGNAL      0x60
#define CALL_WAIT        0x61
#define CALL_ACKNOWLEDGE 0x81

#define FLAG_NO_REPLY_HIGH 8 /* QUOLL_FLAG_NO_REPLY >> 16 */

#define RTC_DATA  0x00
#define RTC_MATCH 0x04
#define RTC_MASK  0x10
#define RTC_CLEAR 0x1c

#define STATE_PC 248 /* struct quoll_vcpu_state */

#define TIMER_LINE  27  /* the virtual timer's, in a guest */
#define TIMER_AHEAD 400 /* ticks: far enough for all that a round does */
