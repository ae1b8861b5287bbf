/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fake.h"

static int run(void)
{
    return run_vgic_tests() + run_device_tests() + run_virtio_tests() + run_exit_tests() + run_load_tests() +
           run_life_tests() + run_copied_tests() + run_shadow_tests() + run_absent_tests() + run_network_tests() +
           run_socket_tests() + run_fuzz_tests();
}

/* All of it by both ways, which must answer the same. */
int main(int count, char **argument)
{
    int failed = 0;

    if (count > 1)
        cmocka_set_test_filter(argument[1]);
    failed = run();

    fake_short_way = true;
    return failed + run();
}
