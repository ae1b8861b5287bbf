/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fake.h"

int main(int count, char **argument)
{
    if (count > 1)
        cmocka_set_test_filter(argument[1]);
    return test_messages() + test_time() + test_console() + test_loop() + test_memory() == 0 ? 0 : 1;
}
