/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/* Each runs the tests of its file and answers how many failed. */
int test_share(void);
int test_direct(void);
int test_gpt(void);
int test_client(void);
