/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The end: print what is known, and stop.
 */
#pragma once

#include "check.h"
#include <stdint.h>

/* Registers of the kernel when an exception hit it; vectors.S fills it. */
struct panic_frame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
};

/* An exception that the kernel's own code caused; `vector` counts from the start of the table. On a stack of its own.
 */
_Noreturn void panic_exception(const struct panic_frame *frame, unsigned vector);

/* boot.S: the loader entered at EL1 or EL3. */
_Noreturn void start_wrong_level(uint64_t current_el);
