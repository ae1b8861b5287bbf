/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component's own objects, its devices, its portals and clients, and the memory regions.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/trace.h"
#include "tools/quoll/arena.h"
#include "tools/quoll/tables.h"
#include "tools/quoll/value.h"

enum { PAGE = 4096, ALL_RIGHTS = QUOLL_RIGHTS_ALL };

static const uint64_t READ_WRITE = QUOLL_MAP_READ | QUOLL_MAP_WRITE;

static void expand_facts(struct tables *tables, const struct component *component)
{
    struct position at = component->at;
    const char *why = component->name;

    define_add(tables, component, at, why, "SYSTEM_NAME", "\"%s\"", tables->system->name);
    define_add(tables, component, at, why, "COMPONENT_NAME", "\"%s\"", component->name);
    define_add(tables, component, at, why, "COMPONENT_NUMBER", "%u", component->number);
    define_add(tables, component, at, why, "COMPONENT_PRIORITY", "%u", component->priority);
    define_add(tables, component, at, why, "COMPONENT_CORE", "%u", component->core);
    define_add(tables, component, at, why, "COMPONENT_BUDGET_NS", "UINT64_C(%" PRIu64 ")", component->budget.time);
    define_add(tables, component, at, why, "COMPONENT_PERIOD_NS", "UINT64_C(%" PRIu64 ")", component->budget.period);
    define_add(tables, component, at, why, "COMPONENT_WATCHDOG_NS", "UINT64_C(%" PRIu64 ")", component->watchdog);
    define_add(tables, component, at, why, "COMPONENT_STACK_ADDRESS", "UINT64_C(0x%" PRIx64 ")", STACK_BASE);
    define_add(tables, component, at, why, "COMPONENT_STACK_SIZE", "UINT64_C(0x%" PRIx64 ")", component->stack);
    define_add(tables, component, at, why, "FLAG_RESTARTED", "(UINT64_C(1) << %d)", FLAG_RESTARTED);
    define_add(tables, component, at, why, "FLAG_CONSOLE_INPUT", "(UINT64_C(1) << %d)", FLAG_CONSOLE_INPUT);
    for (unsigned i = 0; i < component->flag_count; i++) {
        const struct flag *flag = &component->flags[i];
        const char *name = constant_name(flag->name);

        define_add(tables, component, flag->at, flag->name, arena_print("FLAG_%s", name), "(UINT64_C(1) << %u)",
                   flag->bit);
        define_add(tables, component, flag->at, flag->name, arena_print("FLAG_%s_BIT", name), "%u", flag->bit);
    }
}

static uint32_t budget_object(struct tables *tables, const struct component *component)
{
    uint32_t number = object_add(tables, PLAN_BUDGET, component->number, arena_print("%s.budget", component->name),
                                 component->budget.at, "budget");
    struct plan_object *plan = &tables->objects[number].plan;

    plan->a = component->budget.time;
    plan->b = component->budget.period;
    plan->c = component->budget.replenishments | (component->budget.report ? PLAN_BUDGET_REPORT : 0) |
              (component->budget.restart ? PLAN_BUDGET_RESTART : 0);
    return number;
}

/* Pool, domain, thread, budget, notification, and the capabilities at fixed indices. */
static void expand_own(struct tables *tables, const struct component *component)
{
    struct own_objects *own = &tables->own[component->number];
    const char *name = component->name;
    bool builds = component->builds != 0;
    uint32_t rights = component->vm != NULL || builds ? ALL_RIGHTS : 0;

    own->pool =
        object_add(tables, PLAN_POOL, component->number, arena_print("%s.pool", name), component->at, "component");
    own->domain =
        object_add(tables, PLAN_DOMAIN, component->number, arena_print("%s.domain", name), component->at, "component");
    own->budget = component->passive ? PLAN_NONE : budget_object(tables, component);
    own->thread =
        object_add(tables, PLAN_THREAD, component->number, arena_print("%s.thread", name), component->at, "component");
    own->notification = component->passive
                            ? PLAN_NONE
                            : object_add(tables, PLAN_NOTIFICATION, component->number,
                                         arena_print("%s.notification", name), component->at, "component");
    if (rights != 0) {
        capability_add_fixed(tables, component, COMPONENT_CAP_DOMAIN, "COMPONENT_CAP_DOMAIN", own->domain, rights, 0,
                             builds ? "builds" : "a VMM manages itself");
        capability_add_fixed(tables, component, COMPONENT_CAP_THREAD, "COMPONENT_CAP_THREAD", own->thread, rights, 0,
                             builds ? "builds" : "a VMM makes portals into its thread");
        capability_add_fixed(tables, component, COMPONENT_CAP_POOL, "COMPONENT_CAP_POOL", own->pool, rights, 0,
                             builds ? "builds" : "a VMM makes its guest in its own pool");
    }
    if (own->notification != PLAN_NONE)
        capability_add_fixed(tables, component, COMPONENT_CAP_NOTIFICATION, "COMPONENT_CAP_NOTIFICATION",
                             own->notification, QUOLL_RIGHT_WAIT, 0, "every component waits on its own notification");
    if (own->budget != PLAN_NONE)
        capability_add_fixed(tables, component, COMPONENT_CAP_BUDGET, "COMPONENT_CAP_BUDGET", own->budget,
                             QUOLL_RIGHT_READ | (builds ? QUOLL_RIGHT_CREATE | QUOLL_RIGHT_BIND : QUOLL_RIGHT_0), 0,
                             builds ? "builds" : "every component may read its own budget");
    capability_add_fixed(tables, component, COMPONENT_CAP_ROOT, "COMPONENT_CAP_ROOT", tables->root_portal,
                         QUOLL_RIGHT_CALL, component->number | (component->manages ? UINT64_C(1) << 32 : 0),
                         component->manages ? "manages: all" : "every component reports to root");
    if (component->watchdog != 0)
        capability_add_fixed(tables, component, COMPONENT_CAP_WATCHDOG, "COMPONENT_CAP_WATCHDOG",
                             tables->root_notification, QUOLL_RIGHT_SIGNAL, UINT64_C(1) << component->number,
                             "watchdog: a sign of life is a flag of root's");
}

/* The object for the pages of a device; devices that share a page share it. */
static uint32_t device_object(struct tables *tables, const struct component *component, const struct device_use *use,
                              bool *fresh)
{
    uint64_t base = use->device->address & ~UINT64_C(4095);
    uint64_t end = (use->device->address + use->device->size + PAGE - 1) & ~UINT64_C(4095);
    uint32_t number = 0;

    *fresh = false;
    for (unsigned i = 0; i < tables->object_count; i++)
        if (tables->objects[i].plan.kind == PLAN_DEVICE && tables->objects[i].plan.a == base &&
            tables->objects[i].plan.b == end - base)
            return i;
    *fresh = true;
    number = object_add(tables, PLAN_DEVICE, component->number, use->name, use->at, "devices");
    tables->objects[number].plan.a = base;
    tables->objects[number].plan.b = end - base;
    return number;
}

static unsigned flag_bit(const struct component *component, const char *name)
{
    for (unsigned i = 0; i < component->flag_count; i++)
        if (component->flags[i].name == name)
            return component->flags[i].bit;
    return 0;
}

static void expand_interrupt(struct tables *tables, const struct component *component, const struct device_use *use,
                             const char *name)
{
    uint32_t number = object_add(tables, PLAN_INTERRUPT, component->number, arena_print("%s.interrupt", use->name),
                                 use->at, "devices");
    struct plan_object *plan = &tables->objects[number].plan;

    plan->a = use->device->interrupt;
    plan->b = use->device->edge ? QUOLL_TRIGGER_EDGE : QUOLL_TRIGGER_LEVEL;
    plan->c = UINT64_C(1) << flag_bit(component, use->name);
    capability_add(tables, component, arena_print("CAP_%s_INTERRUPT", name), number, QUOLL_RIGHT_CONTROL, 0, use->at,
                   arena_print("devices: %s", use->name));
    define_add(tables, component, use->at, use->name, arena_print("%s_INTID", name), "%" PRIu32,
               use->device->interrupt);
}

static void expand_device(struct tables *tables, const struct component *component, const struct device_use *use)
{
    const char *name = constant_name(use->name);
    const char *why = arena_print("devices: %s", use->name);
    bool fresh = false;
    uint32_t object = device_object(tables, component, use, &fresh);
    uint32_t rights = QUOLL_RIGHT_READ | QUOLL_RIGHT_WRITE | (use->dma ? QUOLL_RIGHT_DMA : QUOLL_RIGHT_0);
    uint64_t address = 0;

    capability_add(tables, component, arena_print("CAP_%s", name), object, rights, 0, use->at, why);
    if (fresh)
        mapping_add(tables, component, object, tables->objects[object].plan.b, READ_WRITE, use->at, why);
    for (unsigned i = 0; i < tables->mapping_count; i++)
        if (tables->mappings[i].plan.object == object)
            address = tables->mappings[i].plan.address + use->device->address % PAGE;
    define_add(tables, component, use->at, why, arena_print("%s_ADDRESS", name), "UINT64_C(0x%" PRIx64 ")", address);
    define_add(tables, component, use->at, why, arena_print("%s_SIZE", name), "UINT64_C(0x%" PRIx64 ")",
               use->device->size);
    if (use->device->has_interrupt)
        expand_interrupt(tables, component, use, name);
}

/* The kernel's trace, to be read: one object, whoever asks. */
static void expand_trace(struct tables *tables, const struct component *component)
{
    uint64_t address = 0;

    if (!component->trace)
        return;
    if (tables->trace == PLAN_NONE) {
        tables->trace = object_add(tables, PLAN_TRACE, PLAN_SYSTEM, "trace", component->trace_at, "trace");
        tables->objects[tables->trace].plan.b = QUOLL_TRACE_SIZE;
    }
    capability_add(tables, component, "CAP_TRACE", tables->trace, QUOLL_RIGHT_READ, 0, component->trace_at,
                   "trace: true");
    address = mapping_add(tables, component, tables->trace, QUOLL_TRACE_SIZE, QUOLL_MAP_READ, component->trace_at,
                          "trace: true");
    define_add(tables, component, component->trace_at, "trace", "TRACE_ADDRESS", "UINT64_C(0x%" PRIx64 ")", address);
}

/* A page of text. Each has an address whether there is text or not, so that text of another length moves nothing. */
static void expand_arguments(struct tables *tables, const struct component *component)
{
    char *text = arena_allocate(1, PAGE);
    uint32_t object = 0;

    if (component->arguments == NULL)
        return;
    memcpy(text, component->arguments, strlen(component->arguments));
    object = object_add(tables, PLAN_MODULE, PLAN_SYSTEM, arena_print("%s.arguments", component->name),
                        component->arguments_at, "arguments");
    tables->objects[object].contents = text;
    tables->objects[object].plan.b = PAGE;
    define_add(tables, component, component->arguments_at, "arguments", "COMPONENT_ARGUMENTS",
               "((const char *)UINT64_C(0x%" PRIx64 "))",
               mapping_add(tables, component, object, PAGE, QUOLL_MAP_READ, component->arguments_at, "arguments"));
}

/* Behind everything else, so that their number moves no other constant. */
void expand_builds(struct tables *tables, const struct component *component)
{
    if (component->builds == 0)
        return;
    define_add(tables, component, component->builds_at, "builds", "CAP_FREE", "%u",
               tables->next_index[component->number]);
    define_add(tables, component, component->builds_at, "builds", "CAP_FREE_COUNT", "%u", component->builds);
    tables->next_index[component->number] += component->builds;
}

void expand_component(struct tables *tables, const struct component *component)
{
    struct own_objects *own = &tables->own[component->number];

    expand_facts(tables, component);
    expand_own(tables, component);
    for (unsigned i = 0; i < component->device_count; i++)
        expand_device(tables, component, &component->devices[i]);
    expand_trace(tables, component);
    expand_arguments(tables, component);
    own->portals = arena_allocate(component->portal_count, sizeof *own->portals);
    for (unsigned i = 0; i < component->portal_count; i++) {
        const struct portal *portal = &component->portals[i];

        own->portals[i] = object_add(tables, PLAN_PORTAL, component->number,
                                     arena_print("%s.%s", component->name, portal->name), portal->at, "serves");
        tables->objects[own->portals[i]].plan.a = portal->longest;
        define_add(tables, component, portal->at, portal->name, arena_print("PORTAL_%s", constant_name(portal->name)),
                   "%u", portal->number);
    }
}

static void expand_region(struct tables *tables, const struct region *region)
{
    const char *name = constant_name(region->name);
    bool carved = region->user_count == 1 && region->users[0].access == ACCESS_CARVE;
    /* Who carves it may destroy it, too, and gets it afresh when it is made again. */
    uint32_t owner = carved ? region->users[0].component->number : PLAN_SYSTEM;
    uint32_t object = object_add(tables, PLAN_MEMORY, owner, region->name, region->at, "memory");

    tables->objects[object].plan.a = region->size;
    tables->objects[object].plan.b = region->alignment;
    for (unsigned i = 0; i < region->user_count; i++) {
        const struct region_user *user = &region->users[i];
        bool writes = user->access != ACCESS_READ;
        uint32_t rights = QUOLL_RIGHT_READ | (writes ? QUOLL_RIGHT_WRITE : QUOLL_RIGHT_0) |
                          (region->dma ? QUOLL_RIGHT_DMA : QUOLL_RIGHT_0) |
                          (carved ? QUOLL_RIGHT_EXECUTE | QUOLL_RIGHT_CREATE | QUOLL_RIGHT_DESTROY : QUOLL_RIGHT_0);
        uint64_t attributes = (writes ? READ_WRITE : QUOLL_MAP_READ) | (region->uncached ? QUOLL_MAP_UNCACHED : 0);
        const char *why = arena_print("memory: %s: users: %s", region->name, user->name);
        uint64_t address = 0;

        capability_add(tables, user->component, arena_print("CAP_%s", name), object, rights, 0, user->at, why);
        define_add(tables, user->component, user->at, why, arena_print("%s_SIZE", name), "UINT64_C(0x%" PRIx64 ")",
                   region->size);
        if (carved)
            continue; /* it is mapped or subdivided, never both */
        address = mapping_add(tables, user->component, object, region->size, attributes, user->at, why);
        define_add(tables, user->component, user->at, why, arena_print("%s_ADDRESS", name), "UINT64_C(0x%" PRIx64 ")",
                   address);
    }
}

void expand_regions(struct tables *tables)
{
    for (unsigned i = 0; i < tables->system->region_count; i++)
        expand_region(tables, &tables->system->regions[i]);
}
