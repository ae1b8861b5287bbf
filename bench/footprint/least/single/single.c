/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one component: services/hello with the driver in it. The kernel has left the UART on.
 */
#include <stdio.h>

#include "component.h"
#include "rt/component.h"

enum { DR = 0x00, FR = 0x18, FR_TXFF = 1 << 5 }; /* DDI 0183, 3.2 */

static void put(char c)
{
    volatile uint32_t *uart = (volatile uint32_t *)UART0_ADDRESS;

    while (uart[FR / 4] & FR_TXFF)
        ;
    uart[DR / 4] = (unsigned char)c;
}

void component_start(void)
{
    char line[100] = "";

    snprintf(line, sizeof(line), "hello from %s, component %d of system %s\n", COMPONENT_NAME, COMPONENT_NUMBER,
             SYSTEM_NAME);
    for (const char *c = line; *c; c++)
        put(*c);
}
