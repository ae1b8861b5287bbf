/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs in root's place.
 */
#include "rt/component.h"
#include "vmm.h"

_Noreturn void runtime_main(void)
{
    test_begin();
    test_exits();
    test_state();
    test_interrupts();
    test_timers();
    test_calls();
    test_garbage();
    test_end();
}
