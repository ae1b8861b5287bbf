/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Is woken by the stepper, and waits again.
 */
#include "component.h"
#include "rt/component.h"

void component_start(void)
{
}
