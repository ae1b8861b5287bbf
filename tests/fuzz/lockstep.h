/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The model (model.h) beside the kernel: it is told what happens, its answers and its visible state are compared.
 */
#pragma once

#include <stdbool.h>

/* From the next machine_start on; until the machine stops. */
void lockstep_begin(void);
void lockstep_end(void);

/* Compare everything that can be seen. */
void lockstep_check(void);

/* Was a call refused since this was asked last? */
bool lockstep_refused(void);
