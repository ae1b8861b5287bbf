/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fake.h"

int main(void)
{
    return run_vgic_tests() + run_device_tests() + run_virtio_tests() + run_exit_tests() + run_load_tests() +
           run_life_tests() + run_copied_tests() + run_fuzz_tests();
}
