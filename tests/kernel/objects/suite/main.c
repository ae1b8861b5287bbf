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
    test_calls_table();
    test_notification();
    test_portal();
    test_portal_flight();
    test_portal_time();
    test_ways_call();
    test_ways_reply();
    test_ways_signal();
    test_ways_wait();
    test_ways_domains();
    test_thread();
    test_fault();
    test_budget();
    test_interrupt();
    test_domain();
    test_pool();
    test_capability();
    test_memory();
    test_ways_page(); /* last: the domain keeps its paged range */
    test_end();
}
