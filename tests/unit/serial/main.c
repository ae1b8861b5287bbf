/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests.h"

int main(void)
{
    return test_mux() + test_request() == 0 ? 0 : 1;
}
