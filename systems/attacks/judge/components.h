/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The components of the system by name.
 */
#pragma once

#include "judge/inspected.h"

/* Root's number for it. */
uint32_t component_number(const char *name);

/* It runs, and root is not about to take it apart. */
bool component_lives(const char *name);
