/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "build.h"

#include "log.h"
#include "rt/calls.h"
#include "rt/time.h"

enum { LARGE = 2 * 1024 * 1024, PAGE = 4096 };

static bool complain(uint32_t object, const char *what, enum quoll_error error)
{
    const struct plan_object *o = &root.plan.object[object];

    if (error)
        log_line("%s: %s '%s': %s", o->owner == PLAN_SYSTEM ? "system" : component_name(o->owner), what,
                 plan_string(&root.plan, o->name), error_text(error));
    return !error;
}

static uint32_t pool_of(uint32_t owner)
{
    return owner == PLAN_SYSTEM ? (uint32_t)BOOT_CAP_POOL : object_capability(root.plan.component[owner].pool);
}

/* The thread that an object of `owner` belongs to: root's own for what belongs to the system. */
static uint32_t thread_of(uint32_t owner)
{
    return owner == PLAN_SYSTEM ? (uint32_t)BOOT_CAP_THREAD : object_capability(root.plan.component[owner].thread);
}

static uint64_t ram_offset(const struct allocator_range *range)
{
    return range->base - root.ram_base[range->ram];
}

static enum quoll_error make_pool(uint32_t object)
{
    uint32_t owner = root.plan.object[object].owner;

    if (owner == PLAN_SYSTEM || root.plan.component[owner].pool != object)
        return QUOLL_BAD_ARGUMENT;
    struct allocator_range *range = &root.component[owner].pool;

    if (!allocator_take(&root.ram, root.plan.component[owner].pool_size, PAGE, range))
        return QUOLL_NO_MEMORY;
    enum quoll_error error = quoll_pool_create_pool(BOOT_CAP_POOL, object_capability(object), BOOT_CAP_RAM + range->ram,
                                                    ram_offset(range), range->size)
                                 .error;

    if (error)
        allocator_give(&root.ram, range);
    return error;
}

static enum quoll_error make_domain(uint32_t object)
{
    uint32_t owner = root.plan.object[object].owner;

    if (owner == PLAN_SYSTEM)
        return QUOLL_BAD_ARGUMENT;
    return quoll_pool_create_domain(pool_of(owner), object_capability(object), QUOLL_DOMAIN_NATIVE,
                                    root.plan.component[owner].capability_count)
        .error;
}

static enum quoll_error make_budget(uint32_t object)
{
    const struct plan_object *o = &root.plan.object[object];
    uint32_t budget = object_capability(object);
    uint64_t replenishments = (uint32_t)o->c;
    enum quoll_error error =
        quoll_pool_create_budget(pool_of(o->owner), budget, BOOT_CAP_BUDGET + o->core, time_ns_to_ticks(o->a),
                                 time_ns_to_ticks(o->b), replenishments ? replenishments : 1)
            .error;

    root.overruns[object] = 0;
    if (!error && o->c & PLAN_BUDGET_REPORT)
        error = quoll_budget_report(budget, ROOT_CAP_NOTIFICATION, ROOT_FLAG_OVERRUN).error;
    return error;
}

/* A passive component's thread gets no budget: its callers lend it theirs, from its first instruction on. */
static enum quoll_error make_thread(uint32_t object)
{
    uint32_t owner = root.plan.object[object].owner;

    if (owner == PLAN_SYSTEM)
        return QUOLL_BAD_ARGUMENT;
    const struct plan_component *c = &root.plan.component[owner];
    uint32_t thread = object_capability(object);
    enum quoll_error error =
        quoll_pool_create_thread(pool_of(owner), thread, object_capability(c->domain), c->core, c->priority).error;

    if (!error && c->thread == object && c->budget != PLAN_NONE && !(c->flags & PLAN_PASSIVE))
        error = quoll_thread_set_budget(thread, object_capability(c->budget)).error;
    if (!error)
        error = quoll_thread_set_supervisor(thread, ROOT_CAP_NOTIFICATION, ROOT_FLAG_FAULT, owner).error;
    return error;
}

static enum quoll_error make_notification(uint32_t object)
{
    uint32_t owner = root.plan.object[object].owner;

    if (owner == PLAN_SYSTEM)
        return quoll_domain_copy(BOOT_CAP_DOMAIN, object_capability(object), ROOT_CAP_NOTIFICATION, QUOLL_RIGHT_SIGNAL,
                                 0)
            .error;
    enum quoll_error error = quoll_pool_create_notification(pool_of(owner), object_capability(object)).error;

    if (error)
        return error;
    const struct plan_component *c = &root.plan.component[owner];

    if (c->notification != object || c->flags & PLAN_PASSIVE || c->budget == PLAN_NONE)
        return QUOLL_OK;
    return quoll_notification_bind(object_capability(object), thread_of(owner)).error;
}

static enum quoll_error make_interrupt(uint32_t object)
{
    const struct plan_object *o = &root.plan.object[object];
    uint32_t interrupt = object_capability(object);

    if (o->owner == PLAN_SYSTEM || root.plan.component[o->owner].notification == PLAN_NONE)
        return QUOLL_BAD_ARGUMENT;
    enum quoll_error error = quoll_pool_create_interrupt(pool_of(o->owner), interrupt, BOOT_CAP_INTERRUPTS, o->a).error;

    if (error)
        return error;
    return quoll_interrupt_bind(interrupt, object_capability(root.plan.component[o->owner].notification), o->c, o->b)
        .error;
}

/*
 * Memory that another component's device reaches is kept for whom it was: the device may be writing there still, when
 * its driver has died too or is late, and nothing but that memory may ever be hit by it.
 */
static void give_memory(uint32_t object)
{
    if (!plan_is_reached(&root.plan, object))
        allocator_give(&root.ram, &root.memory[object]);
}

static enum quoll_error make_memory(uint32_t object)
{
    const struct plan_object *o = &root.plan.object[object];
    struct allocator_range *range = &root.memory[object];
    uint64_t alignment = o->b > PAGE ? o->b : o->a >= LARGE ? LARGE : PAGE;

    if (range->size == 0 && !allocator_take(&root.ram, o->a, alignment, range))
        return QUOLL_NO_MEMORY;
    enum quoll_error error = quoll_pool_create_memory(pool_of(o->owner), object_capability(object),
                                                      BOOT_CAP_RAM + range->ram, ram_offset(range), range->size)
                                 .error;

    if (error)
        give_memory(object);
    return error;
}

static enum quoll_error make_device(uint32_t object)
{
    const struct plan_object *o = &root.plan.object[object];

    for (uint32_t i = 0; i < root.device_count; i++) {
        uint64_t offset = o->a - root.device_base[i];

        if (o->a >= root.device_base[i] && offset < root.device_size[i] && o->b <= root.device_size[i] - offset)
            return quoll_pool_create_memory(pool_of(o->owner), object_capability(object), BOOT_CAP_DEVICE + i, offset,
                                            o->b)
                .error;
    }
    return QUOLL_NOT_FOUND;
}

static enum quoll_error make_module(uint32_t object)
{
    const struct plan_object *o = &root.plan.object[object];

    return quoll_pool_create_memory(pool_of(o->owner), object_capability(object), BOOT_CAP_PLAN, o->a,
                                    (o->b + PAGE - 1) & ~(uint64_t)(PAGE - 1))
        .error;
}

/* The kernel's own, of which nobody may get more than the right to read. */
static enum quoll_error make_trace(uint32_t object)
{
    return quoll_domain_copy(BOOT_CAP_DOMAIN, object_capability(object), BOOT_CAP_TRACE, QUOLL_RIGHT_READ, 0).error;
}

static enum quoll_error make_portal(uint32_t object)
{
    uint32_t owner = root.plan.object[object].owner;

    return quoll_pool_create_portal(pool_of(owner), object_capability(object), thread_of(owner), 0).error;
}

/* In this order, because each may need those before it. */
static const struct {
    enum plan_object_kind kind;
    const char *what;
    enum quoll_error (*make)(uint32_t object);
} makers[] = {
    {PLAN_POOL, "pool", make_pool},
    {PLAN_DOMAIN, "domain", make_domain},
    {PLAN_BUDGET, "budget", make_budget},
    {PLAN_THREAD, "thread", make_thread},
    {PLAN_NOTIFICATION, "notification", make_notification},
    {PLAN_MEMORY, "memory", make_memory},
    {PLAN_DEVICE, "device", make_device},
    {PLAN_MODULE, "module", make_module},
    {PLAN_TRACE, "trace", make_trace},
    {PLAN_PORTAL, "portal", make_portal},
    {PLAN_INTERRUPT, "interrupt", make_interrupt},
};

bool objects_make(uint32_t owner)
{
    bool all = true;

    for (unsigned i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        for (uint32_t object = 0; object < root.plan.objects; object++) {
            const struct plan_object *o = &root.plan.object[object];

            if (o->owner != owner || o->kind != (uint32_t)makers[i].kind)
                continue;
            root.object_made[object] = complain(object, makers[i].what, makers[i].make(object));
            all = all && root.object_made[object];
            if (!all && owner != PLAN_SYSTEM)
                return false;
        }
    }
    return all;
}

void objects_forget(uint32_t owner)
{
    for (uint32_t object = 0; object < root.plan.objects; object++) {
        if (root.plan.object[object].owner != owner)
            continue;
        root.object_made[object] = false;
        give_memory(object);
    }
}
