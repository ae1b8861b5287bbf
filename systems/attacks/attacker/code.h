/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Instructions made at run time, executed by worker 0.
 */
#pragma once

#include "attacker.h"

#define CODE_WRITTEN  UINT64_C(0x60000000)
#define CODE_EXECUTED UINT64_C(0x60100000)
enum { CODE_SIZE = 4096, CODE_WORDS = CODE_SIZE / 4 };

/* False: there is no page for it. */
bool code_make(void);
void code_put(unsigned word, uint32_t instruction);
/* Executes from that word on, with x0. */
void code_run(unsigned word, uint64_t argument);
