/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Never started: it stands in the description so that the devices are given to the test program in root's place.
 */
#include "rt/component.h"

void component_start(void)
{
}
