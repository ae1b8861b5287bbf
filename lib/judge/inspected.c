/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "inspected.h"

#include <string.h>

#include "rt/calls.h"

static const struct inspected *find(const char *name)
{
    for (unsigned i = 0; i < inspected_count; i++)
        if (strcmp(inspected[i].name, name) == 0)
            return &inspected[i];
    return &inspected[0];
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

uint64_t component_spent(const char *name)
{
    struct quoll_result status = quoll_thread_status(find(name)->thread);

    return status.error == QUOLL_OK ? status.word[3] : 0;
}
