/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asks the thermometer once a second.
 */
#include <stdio.h>
#include <stdlib.h>

#include "component.h"
#include "rt/component.h"
#include "rt/time.h"
#include "thermometer/protocol.h"

enum { INTERVAL_NS = 1000000000 };

static void show(uint64_t sensor)
{
    struct quoll_message message = {.word = {sensor}};

    if (quoll_call(CAP_THERMOMETER_MEASURE, &message) || message.word[0] != THERMOMETER_OK) {
        printf("sensor %d: no answer\n", (int)sensor);
        return;
    }
    long value = (long)message.word[1];

    printf("sensor %d: %ld.%02ld degrees\n", (int)sensor, value / 100, labs(value) % 100);
}

void component_start(void)
{
    component_deadline();
}

void component_deadline(void)
{
    for (uint64_t sensor = 0; sensor < THERMOMETER_SENSORS; sensor++)
        show(sensor);
    component_wait_until(time_ticks() + time_ns_to_ticks(INTERVAL_NS));
}
