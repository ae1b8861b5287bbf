/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tables' own rules: indices and addresses are handed out in the order of the description, so that the same
 * description always gives the same constants.
 */
#include "tools/quoll/tables.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/value.h"

enum { PAGE = 4096, OBJECTS_MAX = 750 /* what root keeps: ROOT_OBJECTS_MAX */ };

const char *constant_name(const char *name)
{
    char *constant = arena_copy(name, strlen(name));

    for (char *c = constant; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        else if (*c == '-' || *c == '.')
            *c = '_';
    }
    return constant;
}

uint32_t object_add(struct tables *tables, enum plan_object_kind kind, uint32_t owner, const char *name,
                    struct position at, const char *why)
{
    uint32_t number = tables->object_count;
    struct object *object = ARRAY_ADD(tables->objects, tables->object_count);

    *object = (struct object){.plan = {.kind = kind, .owner = owner}, .name = name, .at = at, .why = why};
    if (owner != PLAN_SYSTEM)
        object->plan.core = tables->system->components[owner].core;
    return number;
}

static void capability_enter(struct tables *tables, const struct component *component, const char *constant,
                             const struct plan_capability *plan, struct position at, const char *why)
{
    struct capability *capability = ARRAY_ADD(tables->capabilities, tables->capability_count);

    *capability = (struct capability){.plan = *plan, .constant = constant, .at = at, .why = why};
    capability->plan.component = component->number;
}

unsigned capability_add(struct tables *tables, const struct component *component, const char *constant, uint32_t object,
                        uint32_t rights, uint64_t label, struct position at, const char *why)
{
    unsigned index = tables->next_index[component->number]++;
    struct plan_capability plan = {.index = index, .object = object, .rights = rights, .label = label};

    capability_enter(tables, component, constant, &plan, at, why);
    define_add(tables, component, at, why, constant, "%u", index);
    return index;
}

void capability_add_fixed(struct tables *tables, const struct component *component, unsigned index,
                          const char *constant, uint32_t object, uint32_t rights, uint64_t label, const char *why)
{
    struct plan_capability plan = {.index = index, .object = object, .rights = rights, .label = label};

    capability_enter(tables, component, constant, &plan, component->at, why);
}

uint64_t mapping_add(struct tables *tables, const struct component *component, uint32_t object, uint64_t size,
                     uint64_t attributes, struct position at, const char *why)
{
    uint64_t *next = &tables->next_address[component->number];
    uint64_t alignment = size >= LARGE_PAGE ? LARGE_PAGE : PAGE;
    uint64_t address = (*next + alignment - 1) & ~(alignment - 1);
    struct mapping *mapping = ARRAY_ADD(tables->mappings, tables->mapping_count);

    *mapping = (struct mapping){
        .plan = {.component = component->number, .object = object, .address = address, .attributes = attributes},
        .size = size,
        .at = at,
        .why = why};
    *next = address + ((size + PAGE - 1) & ~UINT64_C(4095)) + PAGE; /* an unmapped page behind everything */
    return address;
}

void define_add(struct tables *tables, const struct component *component, struct position at, const char *why,
                const char *name, const char *format, ...)
{
    struct define *define = ARRAY_ADD(tables->defines, tables->define_count);
    va_list arguments;
    va_list again;
    int length = 0;
    char *value = NULL;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    value = arena_allocate((size_t)(length < 0 ? 0 : length) + 1, 1);
    vsnprintf(value, (size_t)(length < 0 ? 0 : length) + 1, format, again);
    va_end(again);
    *define = (struct define){.component = component->number, .name = name, .value = value, .at = at, .why = why};
}

/* Two things of a component that would have one name in its header: one report a component. */
static void check_constants(const struct tables *tables)
{
    uint64_t reported = 0;

    for (unsigned i = 0; i < tables->define_count; i++) {
        const struct define *define = &tables->defines[i];

        if ((reported >> define->component & 1) != 0)
            continue;

        for (unsigned j = 0; j < i; j++) {
            const struct define *other = &tables->defines[j];

            if (other->component != define->component || strcmp(other->name, define->name) != 0)
                continue;
            mistake(define->at, "`%s` and `%s` would both be the constant %s of `%s`; rename one", define->why,
                    other->why, define->name, tables->system->components[define->component].name);
            reported |= UINT64_C(1) << define->component;
            break;
        }
    }
}

static void check_sizes(const struct tables *tables)
{
    const struct system *system = tables->system;

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        if (tables->next_index[i] > QUOLL_CAPABILITIES_MAX)
            mistake(component->at, "`%s` would hold %u capabilities; a component has room for %d, split it",
                    component->name, tables->next_index[i], QUOLL_CAPABILITIES_MAX);
        if (tables->next_address[i] > QUOLL_ADDRESS_LIMIT)
            mistake(component->at, "`%s` maps more than an address space of %s holds; map less", component->name,
                    print_bytes(QUOLL_ADDRESS_LIMIT));
    }
    if (tables->object_count > OBJECTS_MAX)
        mistake(system->at,
                "the description makes %u kernel objects; root keeps %d, use fewer components, portals or "
                "regions",
                tables->object_count, OBJECTS_MAX);
}

/*
 * What a component's pool must hold when the description does not say: page tables for everything that it maps (one a
 * 2 MiB of small pages, one a GiB), capability list and mappings, and room for what the kernel makes it for.
 */
static uint64_t pool_estimate(const struct tables *tables, const struct component *component)
{
    uint64_t size = component->vm != NULL ? 512 * KIB : 96 * KIB;

    size += (uint64_t)tables->next_index[component->number] * 96;
    for (unsigned i = 0; i < tables->mapping_count; i++) {
        const struct mapping *mapping = &tables->mappings[i];

        if (mapping->plan.component == component->number)
            size += 256 + PAGE * (3 + mapping->size / GIB + (mapping->size >= LARGE_PAGE ? 0 : 1));
    }
    return (size + 64 * KIB - 1) / (64 * KIB) * (64 * KIB);
}

bool tables_make(const struct system *system, struct tables *tables)
{
    *tables = (struct tables){.system = system};
    tables->root_portal = object_add(tables, PLAN_PORTAL, PLAN_SYSTEM, "root", system->at, "root");
    tables->root_notification = object_add(tables, PLAN_NOTIFICATION, PLAN_SYSTEM, "root.watchdog", system->at, "root");
    tables->trace = PLAN_NONE;
    for (unsigned i = 0; i < system->component_count; i++) {
        tables->next_index[i] = COMPONENT_CAP_FIRST;
        tables->next_address[i] = STACK_BASE + system->components[i].stack + PAGE;
        expand_component(tables, &system->components[i]);
        expand_vm_objects(tables, &system->components[i]);
        expand_share_objects(tables, &system->components[i]);
    }
    for (unsigned i = 0; i < system->component_count; i++)
        expand_server(tables, &system->components[i]);
    expand_regions(tables);
    for (unsigned i = 0; i < system->component_count; i++)
        expand_vm(tables, &system->components[i]);
    for (unsigned i = 0; i < system->component_count; i++)
        expand_shares(tables, &system->components[i]);
    for (unsigned i = 0; i < system->component_count; i++)
        expand_builds(tables, &system->components[i]);
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        tables->pool_size[i] = component->pool != 0 ? component->pool : pool_estimate(tables, component);
    }
    check_constants(tables);
    check_sizes(tables);
    return mistake_count() == 0;
}
