/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "components.h"

#include "component.h"

static const struct inspected components[] = {COMPONENT_INSPECTS(INSPECTED)};

static const struct inspected *find(const char *name)
{
    return inspected_find(components, sizeof(components) / sizeof(components[0]), name);
}

uint32_t component_number(const char *name)
{
    return find(name)->number;
}

bool component_lives(const char *name)
{
    return inspected_lives(find(name));
}
