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
    for (unsigned way = 0; way < 2; way++) {
        guest_short_way = way != 0;
        test_exits();
        test_state();
        test_interrupts();
        test_timers();
        test_calls();
        test_garbage();
    }
    test_end();
}
