/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "machine.h"

int main(int argc, char **argv)
{
    int (*const tests[])(void) = {
        test_ordered_set, test_device_tree, test_pool,         test_capability, test_memory, test_ipc,
        test_flight,      test_budget,      test_notification, test_vcpu,       test_calls,  test_random,
    };
    int failed = 0;

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        failed += tests[i]();
    return failed == 0 ? 0 : 1;
}
