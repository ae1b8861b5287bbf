/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "components.h"

#include <string.h>

#include "component.h"
#include "rt/calls.h"

static const struct known {
    uint32_t number;
    const char *name;
    uint32_t thread; /* capability */
} components[] = {
#define COMPONENT(number, name, thread, pool, budget) {(number), (name), (thread)},
    COMPONENT_INSPECTS(COMPONENT)
#undef COMPONENT
};

/* Names are constants of this program: one that is not there would be a mistake in it, and finds root's first. */
static const struct known *find(const char *name)
{
    for (unsigned i = 0; i < sizeof(components) / sizeof(components[0]); i++)
        if (strcmp(components[i].name, name) == 0)
            return &components[i];
    return &components[0];
}

uint32_t component_number(const char *name)
{
    return find(name)->number;
}

bool component_lives(const char *name)
{
    struct quoll_result status = quoll_thread_status(find(name)->thread);

    return status.error == QUOLL_OK && status.word[0] != QUOLL_THREAD_NEW && status.word[0] != QUOLL_THREAD_SUSPENDED &&
           status.word[0] != QUOLL_THREAD_FAULTED;
}
