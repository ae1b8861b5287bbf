/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The plan as tables: bounds checked once, then indexed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"
#include "component.h"

/* Root is made for one system and keeps room for that. */
enum { ROOT_COMPONENTS_MAX = COMPONENT_COUNT, ROOT_OBJECTS_MAX = OBJECT_COUNT };
static_assert(ROOT_COMPONENTS_MAX <= 60, "each is a flag of root's notification");

struct plan_view {
    const char *base;
    uint64_t size;
    const struct plan_component *component;
    const struct plan_segment *segment;
    const struct plan_object *object;
    const struct plan_capability *capability;
    const struct plan_mapping *mapping;
    const struct plan_symbol *symbol;
    const char *strings;
    uint32_t components, segments, objects, capabilities, mappings, symbols, string_bytes;
};

/* Null when all is well, else a sentence that says what is wrong; `view` is usable only in the first case. */
const char *plan_view_open(struct plan_view *view, const void *plan, uint64_t size);

/* Never null; "?" when the offset leads nowhere. */
const char *plan_string(const struct plan_view *view, uint32_t offset);

/* The function that holds `pc`, and how far into it; null when the component has none there. */
const char *plan_symbol(const struct plan_view *view, uint32_t component, uint64_t pc, uint64_t *offset);

/* Do the two components share a channel, or memory, through any of their capabilities and mappings? */
bool plan_are_peers(const struct plan_view *view, uint32_t a, uint32_t b);

/* Whether a device of somebody else's than its owner's reaches the memory: RIGHT_DMA says so. */
bool plan_is_reached(const struct plan_view *view, uint32_t object);

/* The capability of `component` for `object`, or null. */
const struct plan_capability *plan_find_capability(const struct plan_view *view, uint32_t component, uint32_t object);
