/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two sensors whose temperatures go up and down like a saw.
 */
#include "protocol.h"
#include "rt/component.h"
#include "rt/time.h"

enum { MEAN = 2150, SWING = 300, PERIOD_S = 20 };

void component_start(void)
{
}

static int64_t measure(uint64_t sensor)
{
    uint64_t ms = time_ns() / 1000000 % (PERIOD_S * 1000);
    int64_t phase = (int64_t)ms * SWING * 2 / (PERIOD_S * 1000) - SWING;

    return sensor == 0 ? MEAN + phase : MEAN - phase;
}

void component_message(uint64_t label, struct quoll_message *message)
{
    uint64_t sensor = message->word[0];

    (void)label; /* every client may ask for everything */
    *message = (struct quoll_message){.word = {THERMOMETER_NO_SENSOR}};
    if (sensor < THERMOMETER_SENSORS)
        *message = (struct quoll_message){.word = {THERMOMETER_OK, (uint64_t)measure(sensor)}};
}
