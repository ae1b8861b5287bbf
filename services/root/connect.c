/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "build.h"

#include "log.h"
#include "rt/calls.h"
#include "rt/time.h"

/* The domain of a component that exists, else nothing. */
/* How often, and how far apart, root looks whether those who have memory of a component mapped let go of it. */
enum { LET_GO_LOOKS = 50, LOOK_NS = 1000000 };

static bool is_made(uint32_t component)
{
    return root.component[component].made;
}

static bool mint(const struct plan_capability *capability)
{
    const struct plan_component *holder = &root.plan.component[capability->component];

    if (!is_made(capability->component) || !root.object_made[capability->object])
        return true;
    enum quoll_error error =
        quoll_domain_copy(object_capability(holder->domain), capability->index, object_capability(capability->object),
                          capability->rights, capability->label)
            .error;

    if (error)
        log_line("%s: capability %u for '%s': %s", holder->name, capability->index,
                 plan_string(&root.plan, root.plan.object[capability->object].name), error_text(error));
    return !error;
}

/* Of what the kernel made, the kernel knows how large it is. */
static uint64_t mapped_size(const struct plan_object *object)
{
    uint64_t size = object->kind == PLAN_MEMORY ? object->a : object->b;

    if (object->kind == PLAN_TRACE)
        return quoll_memory_status(object_capability((uint32_t)(object - root.plan.object))).word[0];
    return (size + 4095) & ~UINT64_C(4095);
}

static bool map(const struct plan_mapping *mapping)
{
    const struct plan_component *holder = &root.plan.component[mapping->component];
    const struct plan_object *object = &root.plan.object[mapping->object];

    if (!is_made(mapping->component) || !root.object_made[mapping->object])
        return true;
    enum quoll_error error =
        quoll_domain_map(object_capability(holder->domain), object_capability(mapping->object),
                         object_capability(holder->pool), mapping->address, 0, mapped_size(object), mapping->attributes)
            .error;

    if (error)
        log_line("%s: mapping of '%s' at 0x%lx: %s", holder->name, plan_string(&root.plan, object->name),
                 (unsigned long)mapping->address, error_text(error));
    return !error;
}

/* Its own must all succeed; that a peer cannot be connected is the peer's trouble, and was logged. */
bool connect_component(uint32_t component)
{
    bool all = true;

    for (uint32_t i = 0; i < root.plan.capabilities; i++) {
        const struct plan_capability *capability = &root.plan.capability[i];

        if (capability->component == component)
            all = mint(capability) && all;
        else if (root.plan.object[capability->object].owner == component)
            (void)mint(capability);
    }
    for (uint32_t i = 0; i < root.plan.mappings; i++) {
        const struct plan_mapping *mapping = &root.plan.mapping[i];

        if (mapping->component == component)
            all = map(mapping) && all;
        else if (root.plan.object[mapping->object].owner == component)
            (void)map(mapping);
    }
    return all;
}

void connect_tell_peers(uint32_t component)
{
    for (uint32_t peer = 0; peer < root.plan.components; peer++) {
        const struct plan_component *c = &root.plan.component[peer];

        if (peer == component || !is_made(peer) || c->notification == PLAN_NONE ||
            !plan_are_peers(&root.plan, component, peer))
            continue;
        enum quoll_error error =
            quoll_notification_signal(object_capability(c->notification), UINT64_C(1) << c->restart_flag).error;

        if (error)
            log_line("%s: cannot be told of %s: %s", c->name, component_name(component), error_text(error));
    }
}

/* Waits so long, and gives back the flags that come meanwhile. */
static void pause(uint64_t ns)
{
    uint64_t until = time_ticks() + time_ns_to_ticks(ns);
    uint64_t kept = 0;
    struct quoll_result result = quoll_notification_wait(ROOT_CAP_NOTIFICATION, until);

    while (result.error == QUOLL_OK) {
        kept |= result.word[0];
        result = quoll_notification_wait(ROOT_CAP_NOTIFICATION, until);
    }
    if (kept != 0)
        (void)quoll_notification_signal(ROOT_CAP_NOTIFICATION, kept);
}

/* One that is queued waits for root, as a rule, and root cannot wait for it. */
static bool is_at_work(uint32_t component)
{
    struct quoll_result status = quoll_thread_status(object_capability(root.plan.component[component].thread));

    return status.error == QUOLL_OK && (status.word[0] == QUOLL_THREAD_READY || status.word[0] == QUOLL_THREAD_CALLING);
}

void connect_let_go(uint32_t component)
{
    unsigned looks = 0;

    for (uint32_t i = 0; i < root.plan.mappings; i++) {
        const struct plan_mapping *mapping = &root.plan.mapping[i];

        if (root.plan.object[mapping->object].owner != component || mapping->component == component ||
            !is_made(mapping->component))
            continue;
        for (; looks < LET_GO_LOOKS && is_at_work(mapping->component); looks++)
            pause(LOOK_NS);
    }
}

uint32_t connect_lowest_priority(uint32_t component)
{
    uint32_t lowest = root.plan.component[component].priority;

    for (uint32_t i = 0; i < root.plan.mappings; i++) {
        const struct plan_mapping *mapping = &root.plan.mapping[i];
        uint32_t priority = root.plan.component[mapping->component].priority;

        if (root.plan.object[mapping->object].owner == component && priority < lowest)
            lowest = priority;
    }
    return lowest;
}
