/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The command but for its name, so that a test can call it.
 */
#pragma once

/* Answers the exit status: 0 done, 1 it failed (the reason is on standard error), 2 wrong use. */
int quoll_crypto_command(int argc, char **argv);
