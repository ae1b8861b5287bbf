/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls as the dispatcher hands them on (calls.c): everything looked up, typed and right-checked.
 */
#pragma once

#include "abi/calls.h"
#include "abi/message.h"
#include "object.h"
#include "thread.h"

enum { CALL_ARGUMENTS_MAX = 6 };

struct call {
    struct thread *thread;                       /* who calls */
    struct slot *slot;                           /* the capability acted on; null for `self` */
    struct object *object;                       /* its object */
    uint64_t value[CALL_ARGUMENTS_MAX];          /* VALUE arguments, and the indices of CAP arguments */
    struct slot *capability[CALL_ARGUMENTS_MAX]; /* CAP arguments */
};

/*
 * What a call's function answers: an error of the ABI, or one of these.
 * ANSWER_RESTART: a preemption point was reached; the thread makes the same call again when it runs next.
 * ANSWER_BLOCKED: the call went on by itself (the thread waits, or x8 was already written).
 */
enum { ANSWER_RESTART = -1, ANSWER_BLOCKED = -2 };

typedef int call_function(struct call *call);

/* Every call has a function <object>_call_<name> in the file of its object. */
#define CALL(number, object, name, ...) call_function object##_call_##name;
#include "abi/calls.def"
#undef CALL

/* The trap `svc #1` or `hvc #1` of the current thread. */
void call_dispatch(struct thread *thread);

/* Put the answer into x8 and clear x9..x18, as every call ends. */
static inline void call_finish(struct thread *thread, uint64_t x8)
{
    uint64_t *x = thread->arch.frame->x;

    x[8] = x8;
#pragma GCC unroll 10
    for (unsigned i = 9; i <= 18; i++)
        x[i] = 0;
}

/* Result words x0.. of a call. */
static inline void call_result(const struct call *call, unsigned index, uint64_t value)
{
    *thread_word(call->thread, index) = value;
}
