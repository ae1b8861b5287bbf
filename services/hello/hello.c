/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The smallest component: one line, then nothing.
 */
#include <stdio.h>

#include "component.h"
#include "rt/component.h"

void component_start(void)
{
    printf("hello from %s, component %d of system %s\n", COMPONENT_NAME, COMPONENT_NUMBER, SYSTEM_NAME);
}
