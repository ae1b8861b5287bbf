/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers that programs.S shares with C.
 */
#pragma once

#define CALL_CALL       0x50
#define CALL_REPLY_WAIT 0x51
#define CALL_WAIT       0x61
#define NO_REPLY        (1 << 19)

/* struct nap */
#define NAP_NEXT  0
#define NAP_STEP  8
#define NAP_TIMES 16
#define NAP_WHERE 24
