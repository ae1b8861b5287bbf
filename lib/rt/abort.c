/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ways to die on purpose: a line that a person can read, then a breakpoint, which root reports with a backtrace.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

uintptr_t __stack_chk_guard = 0;

_Noreturn void __stack_chk_fail(void);

static _Noreturn void die(void)
{
    fflush(stdout);
    for (;;)
        __asm__ volatile("brk #0");
}

_Noreturn void abort(void)
{
    printf("abort() called from %p\n", __builtin_return_address(0));
    die();
}

_Noreturn void __assert_func(const char *file, int line, const char *function, const char *expression)
{
    printf("%s:%d: %s: assertion '%s' failed\n", file, line, function ? function : "?", expression);
    die();
}

_Noreturn void __assert_no_args(void)
{
    printf("assertion failed at %p\n", __builtin_return_address(0));
    die();
}

_Noreturn void __stack_chk_fail(void)
{
    printf("stack overrun found at %p\n", __builtin_return_address(0));
    die();
}
