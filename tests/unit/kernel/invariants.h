/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/* Fails the test when a kernel structure is not what it promises to be. After leave(), with nothing half done. */
void check_invariants(void);
