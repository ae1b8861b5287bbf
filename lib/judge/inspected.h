/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The components of the system by name, for one with `inspects: all`, which defines:
 *
 *   const struct inspected inspected[] = {COMPONENT_INSPECTS(INSPECTED)};
 *   const unsigned inspected_count = sizeof(inspected) / sizeof(inspected[0]);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct inspected {
    uint32_t number; /* root's for it */
    const char *name;
    uint32_t thread; /* capability */
};

extern const struct inspected inspected[];
extern const unsigned inspected_count;

/* For COMPONENT_INSPECTS of component.h. */
#define INSPECTED(number, name, thread, pool, budget) {(number), (name), (thread)},

/* Names are constants of a judge: one that is not there would be a mistake in it, and finds the first. */
uint32_t component_number(const char *name);

/* Its thread is there and neither faulted nor stopped, as it is before root takes it apart. */
bool component_lives(const char *name);

/* Ticks of its own budget that it has used since it was made: less than before, and it was made again in between. */
uint64_t component_spent(const char *name);
