/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The components of the system by name.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Root's number for it. */
uint32_t component_number(const char *name);

/* Its thread is there and neither faulted nor stopped, as it is before root takes it apart. */
bool component_lives(const char *name);
