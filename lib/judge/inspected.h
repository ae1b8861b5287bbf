/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The components of the system by name, for one with `inspects: all`:
 *
 *   static const struct inspected components[] = {COMPONENT_INSPECTS(INSPECTED)};
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct inspected {
    uint32_t number; /* root's for it */
    const char *name;
    uint32_t thread; /* capability */
};

/* For COMPONENT_INSPECTS of component.h. */
#define INSPECTED(number, name, thread, pool, budget) {(number), (name), (thread)},

/* Names are constants of a judge: one that is not there would be a mistake in it, and finds the first. */
const struct inspected *inspected_find(const struct inspected *components, unsigned count, const char *name);

/* Its thread is there and neither faulted nor stopped, as it is before root takes it apart. */
bool inspected_lives(const struct inspected *component);
