/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "build.h"

#include <string.h>

#include "abi/calls.h"
#include "log.h"
#include "rt/calls.h"
#include "window.h"

static bool is_code(const struct plan_segment *s)
{
    return !(s->attributes & QUOLL_MAP_WRITE);
}

static uint64_t image_size(const struct plan_component *c)
{
    uint64_t size = c->stack_size;

    for (uint32_t i = 0; i < c->segment_count; i++) {
        const struct plan_segment *s = &root.plan.segment[c->first_segment + i];

        size += is_code(s) ? 0 : s->memory_size;
    }
    return size;
}

/* Fills one segment through a window of root's. Fresh memory is zero, so only the file's bytes are copied. */
static enum quoll_error fill(uint32_t component, const struct plan_segment *s, uint64_t offset)
{
    if (s->file_size == 0)
        return QUOLL_OK;
    char *window = NULL;
    enum quoll_error error = window_open(image_capability(component), offset, s->memory_size,
                                         QUOLL_MAP_READ | QUOLL_MAP_WRITE, (void **)&window);

    if (error)
        return error;
    memcpy(window, root.plan.base + s->offset, s->file_size);
    return window_close(window);
}

static enum quoll_error map(uint32_t component, uint32_t memory, uint64_t address, uint64_t offset, uint64_t size,
                            uint64_t attributes)
{
    const struct plan_component *c = &root.plan.component[component];

    return quoll_domain_map(object_capability(c->domain), memory, object_capability(c->pool), address, offset, size,
                            attributes)
        .error;
}

static enum quoll_error map_image(uint32_t component)
{
    const struct plan_component *c = &root.plan.component[component];
    uint64_t offset = 0;

    for (uint32_t i = 0; i < c->segment_count; i++) {
        const struct plan_segment *s = &root.plan.segment[c->first_segment + i];
        enum quoll_error error = QUOLL_OK;

        if (is_code(s)) {
            error = map(component, code_capability(component), s->address, s->offset - c->code_offset, s->memory_size,
                        s->attributes);
        } else {
            error = fill(component, s, offset);
            if (!error)
                error = map(component, image_capability(component), s->address, offset, s->memory_size, s->attributes);
            offset += s->memory_size;
        }
        if (error)
            return error;
    }
    if (c->stack_size == 0)
        return QUOLL_OK;
    return map(component, image_capability(component), c->stack_base, offset, c->stack_size,
               QUOLL_MAP_READ | QUOLL_MAP_WRITE);
}

bool load_component(uint32_t component)
{
    const struct plan_component *c = &root.plan.component[component];
    struct allocator_range *range = &root.component[component].image;
    uint32_t pool = object_capability(c->pool);
    enum quoll_error error = QUOLL_NO_MEMORY;

    if (allocator_take(&root.ram, image_size(c), 4096, range))
        error = quoll_pool_create_memory(pool, image_capability(component), BOOT_CAP_RAM + range->ram,
                                         range->base - root.ram_base[range->ram], range->size)
                    .error;
    if (!error && c->code_size)
        error = quoll_pool_create_memory(pool, code_capability(component), BOOT_CAP_PLAN, c->code_offset, c->code_size)
                    .error;
    if (!error)
        error = map_image(component);
    if (error)
        log_line("%s: cannot be loaded: %s", c->name, error_text(error));
    return !error;
}
