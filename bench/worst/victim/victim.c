/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Is made, writes to what was mapped for it, and waits for its end.
 */
#include "component.h"
#include "rt/component.h"

enum { PAGE = 4096 };

static void touch(uint64_t address, uint64_t size)
{
    for (uint64_t i = 0; i < size; i += 64 * PAGE)
        *(volatile uint8_t *)(address + i) = 1;
}

void component_start(void)
{
    touch(SCATTERED_1_ADDRESS, SCATTERED_1_SIZE);
    touch(SCATTERED_2_ADDRESS, SCATTERED_2_SIZE);
    touch(SCATTERED_3_ADDRESS, SCATTERED_3_SIZE);
}
