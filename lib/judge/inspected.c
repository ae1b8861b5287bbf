/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "inspected.h"

#include <string.h>

#include "rt/calls.h"

const struct inspected *inspected_find(const struct inspected *components, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(components[i].name, name) == 0)
            return &components[i];
    return &components[0];
}

bool inspected_lives(const struct inspected *component)
{
    struct quoll_result status = quoll_thread_status(component->thread);

    return status.error == QUOLL_OK && status.word[0] != QUOLL_THREAD_NEW && status.word[0] != QUOLL_THREAD_SUSPENDED &&
           status.word[0] != QUOLL_THREAD_FAULTED;
}
