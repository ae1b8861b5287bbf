/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A controller with proportional, integral and derivative part, and something to control; 16.16 fixed point.
 */
#pragma once

#include <stdint.h>

#define PID_ONE (INT64_C(1) << 16)

struct pid {
    int64_t proportional, integral, derivative; /* gains */
    int64_t sum, last;
    int64_t limit; /* of the output, both ways; the integral stops there */
};

int64_t pid_step(struct pid *pid, int64_t error);

/* First-order lag: moves 1/64 of the way to its input each step. */
int64_t pid_plant(int64_t state, int64_t input);
