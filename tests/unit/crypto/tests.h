/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/* Each runs the tests of its file and answers how many failed. */
int test_store(void);
int test_keys(void);
int test_vectors(void);
