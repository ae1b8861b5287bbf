/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What x8..x12 say around a message.
 *
 *   portal_call   in   x0..x7 words, x8 portal, x9 number | flags, x10 capability to send, x11 where to receive one
 *                 out  x0..x7 the reply's words, x8 enum quoll_error (| QUOLL_X8_CAPABILITY)
 *   reply_wait    in   x0..x7 the reply, x9 number | flags, x10 capability to send, x11 where to receive, x12 deadline
 *                 out  x0..x7 words of the next call, or x0 the flags of a notification; x8:
 *
 *     63      62         61          60 59    56 55     48 47                               0
 *    +-------+----------+-----------+---+-------+---------+----------------------------------+
 *    |   0   | NO_CALLER| CAPABILITY| 0 | kind  |    0    | label (message) or error (status) |
 *    +-------+----------+-----------+---+-------+---------+----------------------------------+
 */
#pragma once

#include <stdint.h>

/* Flags in x9, beside the call number. */
#define QUOLL_FLAG_SEND     (UINT64_C(1) << 16) /* x10: index | rights << 32 of a capability to copy to the receiver */
#define QUOLL_FLAG_RECEIVE  (UINT64_C(1) << 17) /* x11: empty index of the caller's list that may be filled */
#define QUOLL_FLAG_DEADLINE (UINT64_C(1) << 18) /* x12: reply_wait returns TIMEOUT at this absolute time */
#define QUOLL_FLAG_NO_REPLY (UINT64_C(1) << 19) /* reply_wait: only wait, there is nobody to answer yet */

/* x8 of reply_wait */
#define QUOLL_X8_KIND(x8)   ((unsigned)((x8) >> 56) & 0xf)
#define QUOLL_X8_LABEL(x8)  ((x8)&QUOLL_LABEL_MAX)
#define QUOLL_X8_NO_CALLER  (UINT64_C(1) << 62) /* nobody was waiting for the reply; the wait went on */
#define QUOLL_X8_CAPABILITY (UINT64_C(1) << 61) /* a capability was put into the receive index */
#define QUOLL_LABEL_MAX     ((UINT64_C(1) << 48) - 1)

enum quoll_kind {
    QUOLL_KIND_STATUS = 0,       /* bits 0..31 are an error: TIMEOUT, or what reply_wait refuses */
    QUOLL_KIND_MESSAGE = 1,      /* a call: label and words */
    QUOLL_KIND_NOTIFICATION = 2, /* flags of the bound notification, in x0 */
};
