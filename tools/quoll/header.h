/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The generated component.h of each component, out of the tables' constants.
 */
#pragma once

#include "tools/quoll/tables.h"

/* Writes folder/<component>/component.h for all components and root; leaves unchanged files alone. */
void headers_write(const struct tables *tables, const char *folder);
