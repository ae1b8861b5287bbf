/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "build.h"

#include "log.h"
#include "requests.h"
#include "rt/calls.h"
#include "rt/time.h"

void build_system(void)
{
    objects_make(PLAN_SYSTEM);
}

/* Part of the plan that components get as memory, a module or code. */
struct part {
    uint64_t offset;
    uint64_t size;
};

static void choose(struct part *next, uint64_t from, uint64_t offset, uint64_t size)
{
    if (size && offset >= from && (!next->size || offset < next->offset))
        *next = (struct part){.offset = offset, .size = (size + 4095) & ~UINT64_C(4095)};
}

/* The one that starts first at or behind `from`; without size when there is none. */
static struct part next_part(uint64_t from)
{
    struct part next = {0};

    for (uint32_t i = 0; i < root.plan.objects; i++)
        if (root.plan.object[i].kind == PLAN_MODULE)
            choose(&next, from, root.plan.object[i].a, root.plan.object[i].b);
    for (uint32_t i = 0; i < root.plan.components; i++)
        choose(&next, from, root.plan.component[i].code_offset, root.plan.component[i].code_size);
    return next;
}

/* What lies between them: root goes on reading it there. */
static unsigned find_rests(struct part rest[ROOT_RESTS_MAX])
{
    uint64_t whole = (root.plan.size + 4095) & ~UINT64_C(4095);
    uint64_t at = 0;
    unsigned count = 0;

    while (at < whole && count < ROOT_RESTS_MAX) {
        struct part part = next_part(at);
        uint64_t until = part.size && part.offset < whole ? part.offset : whole;

        if (until > at)
            rest[count++] = (struct part){.offset = at, .size = until - at};
        at = part.size ? part.offset + part.size : whole;
    }
    return count;
}

/*
 * Memory is either mapped or subdivided, never both: the mapping that root started with gives way to one of each rest.
 * Nothing of the plan is read in between.
 */
void build_split_plan(void)
{
    struct part rest[ROOT_RESTS_MAX] = {0};
    uint32_t first = rest_capability(0);
    uint64_t base = (uint64_t)root.plan.base;

    if (!next_part(0).size)
        return;
    unsigned count = find_rests(rest);
    enum quoll_error error = quoll_domain_unmap(BOOT_CAP_DOMAIN, base).error;

    for (unsigned i = 0; i < count && !error; i++) {
        error = quoll_pool_create_memory(BOOT_CAP_POOL, first + i, BOOT_CAP_PLAN, rest[i].offset, rest[i].size).error;
        if (!error)
            error = quoll_domain_map(BOOT_CAP_DOMAIN, first + i, BOOT_CAP_POOL, base + rest[i].offset, 0, rest[i].size,
                                     QUOLL_MAP_READ)
                        .error;
    }
    /* With an error the first access to the plan faults, and the kernel says where. */
    if (error)
        log_line("the plan cannot be split: %s", error_text(error));
}

bool build_component(uint32_t component)
{
    const struct plan_component *c = &root.plan.component[component];
    struct component_record *record = &root.component[component];

    /* What an earlier attempt could not take apart. */
    if (root.object_made[c->pool])
        build_destroy(component);
    if (root.object_made[c->pool])
        return false;
    record->made = true;
    if (objects_make(component) && load_component(component) && connect_component(component)) {
        enum quoll_error error =
            quoll_thread_start(object_capability(c->thread), c->entry, c->stack_base + c->stack_size, component).error;

        if (!error) {
            record->state = ROOT_STATE_RUNNING;
            record->started = record->kicked = time_ticks();
            return true;
        }
        log_line("%s: cannot be started: %s", c->name, error_text(error));
    }
    build_destroy(component);
    return false;
}

/* The pool holds everything; only its memory and root's own notes remain. */
void build_destroy(uint32_t component)
{
    const struct plan_component *c = &root.plan.component[component];
    struct component_record *record = &root.component[component];

    if (record->made && root.object_made[c->thread]) {
        (void)quoll_thread_suspend(object_capability(c->thread));
        connect_tell_peers(component);
        connect_let_go(component);
    }
    record->made = false;
    requests_forget_thread(component);
    if (root.object_made[c->pool]) {
        enum quoll_error error = quoll_any_destroy(object_capability(c->pool)).error;

        if (error) {
            log_line("%s: cannot be taken apart: %s", c->name, error_text(error));
            return;
        }
    }
    objects_forget(component);
    allocator_give(&root.ram, &record->pool);
    allocator_give(&root.ram, &record->image);
}
