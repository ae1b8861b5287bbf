/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Programs and RAM: what the built image will take of the board.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/image.h"
#include "tools/quoll/value.h"

/* Whether a description names a file itself and not a program of the source tree. */
static bool is_file_name(const char *program)
{
    return strchr(program, '/') != NULL || strchr(program, '.') != NULL;
}

/* <component>.elf as make builds it, or the file that the description names. */
static void read_one(const struct search *search, const char *component, const char *program_name, struct position at,
                     struct program *program)
{
    const char *path = NULL;

    if (is_file_name(program_name)) {
        path = file_find(search, program_name);
        if (path == NULL)
            mistake(at, "the program `%s` is in none of the folders %s; %s", program_name, search_folders(search),
                    search_remedy(search, "name a file that is there, or build it"));
    } else {
        path = file_find(search, arena_print("%s.elf", component));
        if (path == NULL)
            mistake(at, "the program %s.elf is in none of the folders %s; %s", component, search_folders(search),
                    search_remedy(search, "build it, or write `program: FILE.elf`"));
    }
    if (path != NULL)
        program_read(path, at, program);
}

bool layout_programs(struct layout *layout, const struct tables *tables, const struct search *search)
{
    const struct system *system = tables->system;
    unsigned before = mistake_count();

    layout->tables = tables;
    read_one(search, "root", system->root.program, system->root.at, &layout->root);
    if (layout->root.segment_count > BOOT_SEGMENT_MAX - 1)
        mistake(system->root.at, "root's program %s has more than %d segments; link it with fewer", layout->root.path,
                BOOT_SEGMENT_MAX - 1);
    for (unsigned i = 0; i < system->component_count; i++)
        read_one(search, system->components[i].name, system->components[i].program, system->components[i].program_at,
                 &layout->programs[i]);
    return mistake_count() == before;
}

struct ram_use layout_ram(const struct layout *layout)
{
    const struct tables *tables = layout->tables;
    const struct system *system = tables->system;
    struct ram_use use = {.image = layout->image_size, .root_pool = system->root.pool};

    for (unsigned i = 0; i < system->component_count; i++) {
        use.programs += layout->programs[i].memory;
        use.stacks += system->components[i].stack;
        use.pools += tables->pool_size[i];
        if (system->components[i].vm != NULL)
            use.guests += system->components[i].vm->memory;
    }
    for (unsigned i = 0; i < tables->object_count; i++)
        if (tables->objects[i].plan.kind == PLAN_MEMORY)
            use.regions += tables->objects[i].plan.a;
    use.regions -= use.guests;
    use.total = use.image + use.root_pool + use.programs + use.stacks + use.pools + use.regions + use.guests;
    return use;
}

bool layout_check_ram(const struct layout *layout)
{
    const struct system *system = layout->tables->system;
    struct ram_use use = layout_ram(layout);
    const struct component *largest = NULL;
    struct position at = system->at;

    if (use.total <= system->board->ram_size)
        return true;
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        if (component->vm != NULL && (largest == NULL || component->vm->memory > largest->vm->memory))
            largest = component;
    }
    if (largest != NULL && largest->vm->memory >= use.regions)
        at = largest->vm->memory_at;
    else if (system->region_count != 0)
        at = system->regions[0].at;
    mistake(at,
            "not enough RAM: the system needs %" PRIu64 "KiB (guests %" PRIu64 "KiB, memory %" PRIu64
            "KiB, the rest %" PRIu64 "KiB), the board %s has %" PRIu64 "KiB; write a smaller size here",
            use.total / KIB, use.guests / KIB, use.regions / KIB, (use.total - use.guests - use.regions) / KIB,
            system->board->name, system->board->ram_size / KIB);
    return false;
}
