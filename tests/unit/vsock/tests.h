/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

int test_client(void);
int test_shares(void);
int test_exchange(void);
int test_waiting(void);
int test_hurt(void);
int test_killed(void);
