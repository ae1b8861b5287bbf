/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command.h"

int main(int argc, char **argv)
{
    return quoll_crypto_command(argc, argv);
}
