/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The plan's bytes. Tables stand in front, then strings, then programs' data; page-aligned programs' code and modules.
 */
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/image.h"
#include "tools/quoll/value.h"

enum { PAGE = 4096 };

uint64_t buffer_add(struct buffer *buffer, const void *data, uint64_t size)
{
    uint64_t offset = buffer->size;

    if (size > buffer->room - buffer->size) {
        uint64_t room = 2 * buffer->room > buffer->size + size ? 2 * buffer->room : buffer->size + size;
        unsigned char *more = arena_allocate(room, 1);

        if (buffer->size != 0)
            memcpy(more, buffer->data, buffer->size);
        buffer->data = more;
        buffer->room = room;
    }
    if (data != NULL && size != 0)
        memcpy(buffer->data + offset, data, size);
    buffer->size += size;
    return offset;
}

/* Zeroes until (base + size) is a multiple of `alignment`. */
void buffer_align(struct buffer *buffer, uint64_t alignment, uint64_t base)
{
    uint64_t rest = (base + buffer->size) % alignment;

    if (rest != 0)
        buffer_add(buffer, NULL, alignment - rest);
}

struct plan {
    struct buffer strings;
    struct plan_component components[COMPONENT_MAX];
    struct plan_segment *segments;
    unsigned segment_count;
    struct plan_symbol *symbols;
    unsigned symbol_count;
    struct plan_object *objects;
};

static uint32_t add_string(struct plan *plan, const char *text)
{
    return (uint32_t)buffer_add(&plan->strings, text, strlen(text) + 1);
}

static bool is_code(const struct program_segment *segment)
{
    return (segment->attributes & QUOLL_MAP_WRITE) == 0;
}

static void fill_component(struct plan *plan, const struct layout *layout, unsigned number)
{
    const struct tables *tables = layout->tables;
    const struct component *component = &tables->system->components[number];
    const struct program *program = &layout->programs[number];
    const struct own_objects *own = &tables->own[number];
    struct plan_component *record = &plan->components[number];

    *record = (struct plan_component){
        .flags = (component->restart ? PLAN_RESTART : 0u) | (component->passive ? PLAN_PASSIVE : 0u) |
                 (component->stopped ? PLAN_STOPPED : 0u),
        .core = component->core,
        .priority = component->priority,
        .replenishments = component->budget.replenishments,
        .budget_time = component->budget.time,
        .budget_period = component->budget.period,
        .watchdog = component->watchdog,
        .pool_size = tables->pool_size[number],
        .capability_count = tables->next_index[number],
        .restart_flag = FLAG_RESTARTED,
        .entry = program->entry,
        .stack_base = STACK_BASE,
        .stack_size = component->stack,
        .first_segment = plan->segment_count,
        .segment_count = program->segment_count,
        .first_symbol = plan->symbol_count,
        .symbol_count = program->symbol_count,
        .domain = own->domain,
        .thread = own->thread,
        .pool = own->pool,
        .budget = own->budget,
        .notification = own->notification,
    };
    memcpy(record->name, component->name, strlen(component->name));
    for (unsigned i = 0; i < program->segment_count; i++) {
        const struct program_segment *segment = &program->segments[i];
        struct plan_segment *planned = ARRAY_ADD(plan->segments, plan->segment_count);

        *planned = (struct plan_segment){.file_size = is_code(segment) ? segment->memory_size : segment->file_size,
                                         .memory_size = segment->memory_size,
                                         .address = segment->address,
                                         .attributes = segment->attributes};
    }
    for (unsigned i = 0; i < program->symbol_count; i++) {
        uint32_t name = add_string(plan, program->symbols[i].name);
        struct plan_symbol *symbol = ARRAY_ADD(plan->symbols, plan->symbol_count);

        *symbol = (struct plan_symbol){program->symbols[i].address, program->symbols[i].size, name};
    }
}

static struct plan_table add_table(struct buffer *buffer, const void *records, uint64_t count, uint64_t size)
{
    struct plan_table table = {.count = (uint32_t)count};

    buffer_align(buffer, 8, 0);
    table.offset = (uint32_t)buffer_add(buffer, records, count * size);
    return table;
}

/* Capabilities and mappings without what only the tool knows. */
static struct plan_table add_capabilities(struct buffer *buffer, const struct tables *tables)
{
    struct plan_capability *records = arena_allocate(tables->capability_count, sizeof *records);

    for (unsigned i = 0; i < tables->capability_count; i++)
        records[i] = tables->capabilities[i].plan;
    return add_table(buffer, records, tables->capability_count, sizeof *records);
}

static struct plan_table add_mappings(struct buffer *buffer, const struct tables *tables)
{
    struct plan_mapping *records = arena_allocate(tables->mapping_count, sizeof *records);

    for (unsigned i = 0; i < tables->mapping_count; i++)
        records[i] = tables->mappings[i].plan;
    return add_table(buffer, records, tables->mapping_count, sizeof *records);
}

/* What a component's own RAM begins as. */
static void add_data(struct buffer *buffer, struct plan *plan, const struct layout *layout)
{
    unsigned next = 0;

    for (unsigned i = 0; i < layout->tables->system->component_count; i++) {
        for (unsigned j = 0; j < layout->programs[i].segment_count; j++, next++) {
            const struct program_segment *segment = &layout->programs[i].segments[j];

            if (is_code(segment))
                continue;
            buffer_align(buffer, 8, 0);
            plan->segments[next].offset = buffer_add(buffer, segment->data, segment->file_size);
        }
    }
    buffer_align(buffer, PAGE, 0);
}

/* What is mapped as it lies here. */
static void add_code(struct buffer *buffer, struct plan *plan, const struct layout *layout)
{
    unsigned next = 0;

    for (unsigned i = 0; i < layout->tables->system->component_count; i++) {
        plan->components[i].code_offset = buffer->size;
        for (unsigned j = 0; j < layout->programs[i].segment_count; j++, next++) {
            const struct program_segment *segment = &layout->programs[i].segments[j];

            if (!is_code(segment))
                continue;
            plan->segments[next].offset = buffer_add(buffer, segment->data, segment->file_size);
            buffer_add(buffer, NULL, segment->memory_size - segment->file_size);
        }
        plan->components[i].code_size = buffer->size - plan->components[i].code_offset;
    }
}

static void add_modules(struct buffer *buffer, struct plan *plan, const struct tables *tables, uint64_t base)
{
    for (unsigned i = 0; i < tables->object_count; i++) {
        const struct object *object = &tables->objects[i];
        struct file file = {.data = NULL};

        if (object->plan.kind != PLAN_MODULE)
            continue;
        buffer_align(buffer, object->plan.b >= LARGE_PAGE ? LARGE_PAGE : PAGE, base);
        if (object->file == NULL) {
            plan->objects[i].a = buffer_add(buffer, object->contents, object->plan.b);
            continue;
        }
        file_read(object->file, FILE_SIZE_MAX, &file);
        if (file.size != object->plan.b)
            fail("%s changed while it was read", object->file);
        plan->objects[i].a = buffer_add(buffer, file.data, file.size);
    }
    buffer_align(buffer, PAGE, base);
}

void plan_make(const struct layout *layout, uint64_t base, struct file *plan_file)
{
    const struct tables *tables = layout->tables;
    struct plan_header header = {.magic = PLAN_MAGIC, .version = PLAN_VERSION};
    struct plan *plan = arena_allocate(1, sizeof *plan);
    struct buffer buffer = {0};

    memcpy(header.system, tables->system->name, strlen(tables->system->name));
    plan->objects = arena_allocate(tables->object_count, sizeof *plan->objects);
    for (unsigned i = 0; i < tables->object_count; i++) {
        plan->objects[i] = tables->objects[i].plan;
        plan->objects[i].name = add_string(plan, tables->objects[i].name);
    }
    for (unsigned i = 0; i < tables->system->component_count; i++)
        fill_component(plan, layout, i);
    buffer_add(&buffer, &header, sizeof header);
    header.components = add_table(&buffer, plan->components, tables->system->component_count, sizeof *plan->components);
    header.segments = add_table(&buffer, plan->segments, plan->segment_count, sizeof *plan->segments);
    header.objects = add_table(&buffer, plan->objects, tables->object_count, sizeof *plan->objects);
    header.capabilities = add_capabilities(&buffer, tables);
    header.mappings = add_mappings(&buffer, tables);
    header.symbols = add_table(&buffer, plan->symbols, plan->symbol_count, sizeof *plan->symbols);
    header.strings = add_table(&buffer, plan->strings.data, plan->strings.size, 1);
    add_data(&buffer, plan, layout);
    add_code(&buffer, plan, layout);
    add_modules(&buffer, plan, tables, base);
    /* Offsets of segments, code and modules are known only now. */
    memcpy(buffer.data + header.components.offset, plan->components,
           tables->system->component_count * sizeof *plan->components);
    memcpy(buffer.data + header.segments.offset, plan->segments, plan->segment_count * sizeof *plan->segments);
    memcpy(buffer.data + header.objects.offset, plan->objects, tables->object_count * sizeof *plan->objects);
    header.size = buffer.size > UINT32_MAX ? UINT32_MAX : (uint32_t)buffer.size;
    memcpy(buffer.data, &header, sizeof header);
    *plan_file = (struct file){.data = buffer.data, .size = buffer.size};
}
