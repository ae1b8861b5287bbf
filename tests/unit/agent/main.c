/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guests/quoll-crypto/command.h"

int main(int argc, char **argv)
{
    /* clients.c starts it as this. */
    if (argc > 1 && strcmp(argv[1], "--quoll-crypto") == 0)
        return quoll_crypto_command(argc - 1, argv + 1);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return test_ssh() + test_psa() + test_session() + test_connections() + test_clients() == 0 ? 0 : 1;
}
