/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan_view.h"

#include "abi/calls.h"

#include <string.h>

/* `count` records of `record` bytes at the table's offset, or null when they leave the plan. */
static const void *table(const struct plan_view *view, struct plan_table where, uint64_t record)
{
    uint64_t bytes = where.count * record;

    if (where.offset > view->size || bytes > view->size - where.offset || where.offset % 8 != 0)
        return NULL;
    return view->base + where.offset;
}

static bool is_object(const struct plan_view *view, uint32_t object)
{
    return object == PLAN_NONE || object < view->objects;
}

static const char *check_component(const struct plan_view *view, const struct plan_component *c)
{
    if (c->first_segment > view->segments || c->segment_count > view->segments - c->first_segment)
        return "a component's segments are outside the table";
    if (c->code_offset > view->size || c->code_size > view->size - c->code_offset)
        return "a component's code is outside the plan";
    if (c->first_symbol > view->symbols || c->symbol_count > view->symbols - c->first_symbol)
        return "a component's symbols are outside the table";
    if (!is_object(view, c->domain) || !is_object(view, c->thread) || !is_object(view, c->pool) ||
        !is_object(view, c->budget) || !is_object(view, c->notification) || c->domain == PLAN_NONE ||
        c->thread == PLAN_NONE || c->pool == PLAN_NONE)
        return "a component's own objects are outside the table";
    if (c->restart_flag > 63)
        return "a component's restart flag is above 63";
    return NULL;
}

static const char *check_records(const struct plan_view *view)
{
    for (uint32_t i = 0; i < view->components; i++) {
        const char *wrong = check_component(view, &view->component[i]);

        if (wrong)
            return wrong;
    }
    for (uint32_t i = 0; i < view->segments; i++) {
        const struct plan_segment *s = &view->segment[i];

        if (s->offset > view->size || s->file_size > view->size - s->offset || s->file_size > s->memory_size)
            return "a segment is outside the plan";
    }
    for (uint32_t i = 0; i < view->objects; i++)
        if (view->object[i].owner != PLAN_SYSTEM && view->object[i].owner >= view->components)
            return "an object's owner is no component";
    for (uint32_t i = 0; i < view->capabilities; i++)
        if (view->capability[i].component >= view->components || view->capability[i].object >= view->objects)
            return "a capability names no component or no object";
    for (uint32_t i = 0; i < view->mappings; i++)
        if (view->mapping[i].component >= view->components || view->mapping[i].object >= view->objects)
            return "a mapping names no component or no object";
    return NULL;
}

const char *plan_view_open(struct plan_view *view, const void *plan, uint64_t size)
{
    const struct plan_header *header = plan;

    *view = (struct plan_view){.base = plan, .size = size};
    if (size < sizeof(*header) || header->magic != PLAN_MAGIC)
        return "there is no plan at its address";
    if (header->version != PLAN_VERSION)
        return "the plan is of another version";
    view->component = table(view, header->components, sizeof(*view->component));
    view->segment = table(view, header->segments, sizeof(*view->segment));
    view->object = table(view, header->objects, sizeof(*view->object));
    view->capability = table(view, header->capabilities, sizeof(*view->capability));
    view->mapping = table(view, header->mappings, sizeof(*view->mapping));
    view->symbol = table(view, header->symbols, sizeof(*view->symbol));
    view->strings = table(view, header->strings, 1);
    if (!view->component || !view->segment || !view->object || !view->capability || !view->mapping || !view->symbol ||
        !view->strings)
        return "a table of the plan is outside it";
    if (header->components.count > ROOT_COMPONENTS_MAX || header->objects.count > ROOT_OBJECTS_MAX)
        return "the plan has more components or objects than root can keep";
    view->components = header->components.count;
    view->segments = header->segments.count;
    view->objects = header->objects.count;
    view->capabilities = header->capabilities.count;
    view->mappings = header->mappings.count;
    view->symbols = header->symbols.count;
    view->string_bytes = header->strings.count;
    if (view->string_bytes && view->strings[view->string_bytes - 1] != '\0')
        return "the plan's names do not end";
    return check_records(view);
}

const char *plan_string(const struct plan_view *view, uint32_t offset)
{
    return offset < view->string_bytes ? view->strings + offset : "?";
}

const char *plan_symbol(const struct plan_view *view, uint32_t component, uint64_t pc, uint64_t *offset)
{
    const struct plan_component *c = &view->component[component];
    uint32_t low = c->first_symbol;
    uint32_t high = c->first_symbol + c->symbol_count;

    /* the first symbol above pc is at `high` in the end */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (view->symbol[middle].address <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (high == c->first_symbol)
        return NULL;
    const struct plan_symbol *symbol = &view->symbol[high - 1];

    *offset = pc - symbol->address;
    if (*offset > 0 && *offset >= symbol->size)
        return NULL;
    return plan_string(view, symbol->name);
}

const struct plan_capability *plan_find_capability(const struct plan_view *view, uint32_t component, uint32_t object)
{
    for (uint32_t i = 0; i < view->capabilities; i++)
        if (view->capability[i].component == component && view->capability[i].object == object)
            return &view->capability[i];
    return NULL;
}

bool plan_is_reached(const struct plan_view *view, uint32_t object)
{
    for (uint32_t i = 0; i < view->capabilities; i++) {
        const struct plan_capability *c = &view->capability[i];

        if (c->object == object && c->component != view->object[object].owner && (c->rights & QUOLL_RIGHT_DMA) != 0)
            return true;
    }
    return false;
}

/* Being looked at (thread, pool, ...) makes nobody a peer. */
static bool is_channel(const struct plan_object *object)
{
    return object->kind == PLAN_PORTAL || object->kind == PLAN_NOTIFICATION || object->kind == PLAN_MEMORY;
}

static bool maps(const struct plan_view *view, uint32_t component, uint32_t object)
{
    for (uint32_t i = 0; i < view->mappings; i++)
        if (view->mapping[i].component == component && view->mapping[i].object == object)
            return true;
    return false;
}

/* Does `b` own the object, name it or see it? Root's own portal and notification are everybody's and join nobody. */
static bool reaches(const struct plan_view *view, uint32_t b, uint32_t object)
{
    if (view->object[object].owner == b)
        return true;
    if (view->object[object].kind != PLAN_MEMORY && view->object[object].owner == PLAN_SYSTEM)
        return false;
    return plan_find_capability(view, b, object) || maps(view, b, object);
}

bool plan_are_peers(const struct plan_view *view, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < view->capabilities; i++) {
        const struct plan_capability *c = &view->capability[i];

        if (!is_channel(&view->object[c->object]))
            continue;
        if ((c->component == a && reaches(view, b, c->object)) || (c->component == b && reaches(view, a, c->object)))
            return true;
    }
    for (uint32_t i = 0; i < view->mappings; i++) {
        const struct plan_mapping *m = &view->mapping[i];

        if (view->object[m->object].kind == PLAN_MEMORY &&
            ((m->component == a && reaches(view, b, m->object)) || (m->component == b && reaches(view, a, m->object))))
            return true;
    }
    return false;
}
