/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Dies at its start, however often it is made.
 */
#include <stdlib.h>

#include "rt/component.h"

void component_start(void)
{
    abort();
}
