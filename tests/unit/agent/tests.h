/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/* Each runs the tests of its file and answers how many failed. */
int test_ssh(void);
int test_psa(void);
int test_session(void);
int test_connections(void);
int test_clients(void);
