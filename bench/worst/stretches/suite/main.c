/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs in root's place.
 */
#include "rt/component.h"
#include "suite.h"

_Noreturn void runtime_main(void)
{
    test_begin();
    stretch_open();
    stretches_calls();
    stretches_capabilities();
    stretches_memory();
    stretches_time();
    stretches_virtual();
    test_end();
}
