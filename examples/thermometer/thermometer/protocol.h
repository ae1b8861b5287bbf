/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Portal `measure`: word 0 of the request is a sensor; of the reply enum thermometer_error, word 1 the temperature in
 * hundredths of a degree Celsius.
 */
#pragma once

enum { THERMOMETER_SENSORS = 2 };

enum thermometer_error { THERMOMETER_OK = 0, THERMOMETER_NO_SENSOR = 1 };
