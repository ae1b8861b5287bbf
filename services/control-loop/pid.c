/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "services/control-loop/pid.h"

static int64_t clamp(int64_t value, int64_t limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

static int64_t multiply(int64_t a, int64_t b)
{
    return a * b / PID_ONE;
}

int64_t pid_step(struct pid *pid, int64_t error)
{
    int64_t change = error - pid->last;

    pid->last = error;
    pid->sum = clamp(pid->sum + multiply(pid->integral, error), pid->limit);
    return clamp(multiply(pid->proportional, error) + pid->sum + multiply(pid->derivative, change), pid->limit);
}

int64_t pid_plant(int64_t state, int64_t input)
{
    return state + (input - state) / 64;
}
