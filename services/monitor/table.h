/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Samples of every component, and the table that `ps` prints of them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Reads all budgets; called about once a second, so that `ps` can say what was used lately. */
void table_sample(void);

void table_print(void);

/* The number of the component with this name; false: there is none. */
bool table_find(const char *name, uint32_t *number);
