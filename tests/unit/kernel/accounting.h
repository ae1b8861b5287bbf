/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/*
 * Fails the test when a pool's blocks do not add up, an entry of a table maps what no mapping says, or something names
 * or points to an object that is in no pool. Like check_invariants, after leave().
 */
void check_accounting(void);
