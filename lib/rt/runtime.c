/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What has to be in order before a component's own code runs.
 */
#include <picolibc.h>
#include <picotls.h>
#include <stdint.h>

#include "rt/component.h"
#include "rt/time.h"

uint64_t runtime_argument[5] = {0};
extern uintptr_t __stack_chk_guard;

extern char __tls_base[];
typedef void constructor(void);
extern constructor *__init_array_start[];
extern constructor *__init_array_end[];

_Noreturn void runtime_start(void);

/*
 * There is no source of randomness here: the guard differs from start to start, and holds a zero byte so that a string
 * copied over it ends there. The TLS block is used where the linker put it, there is one thread.
 */
__attribute__((optimize("no-stack-protector"))) _Noreturn void runtime_start(void)
{
    __stack_chk_guard = (time_ticks() * UINT64_C(0x9e3779b97f4a7c15)) & ~UINT64_C(0xff);
    _set_tls(__tls_base);
    for (constructor **f = __init_array_start; f < __init_array_end; f++)
        (*f)();
    runtime_main();
}
