/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One file a component. Nothing in it depends on the time or the machine, so that equal descriptions give equal bytes.
 */
#include "tools/quoll/header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/image.h"

static void add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

static const char *head(const struct system *system, const char *name)
{
    return arena_print(
        "/*\n"
        /* REUSE-IgnoreStart */
        " * SPDX-FileCopyrightText: The Quoll authors\n"
        " * SPDX-License-Identifier: Apache-2.0\n"
        /* REUSE-IgnoreEnd */
        " *\n"
        " * Made by quoll for `%s` of the system `%s`; docs/reference/description.md says what it holds.\n"
        " */\n"
        "#pragma once\n\n"
        "#include <stdint.h>\n\n",
        name, system->name);
}

static void write_header(const char *folder, const char *name, const struct buffer *buffer)
{
    const char *path = arena_print("%s/%s", folder, name);

    folder_make(path);
    file_update(arena_print("%s/component.h", path), buffer->data, buffer->size);
}

static void write_component(const struct tables *tables, const struct component *component, const char *folder)
{
    struct buffer buffer = {0};

    add_text(&buffer, head(tables->system, component->name));
    for (unsigned i = 0; i < tables->define_count; i++) {
        const struct define *define = &tables->defines[i];

        if (define->component == component->number)
            add_text(&buffer, arena_print("#define %s %s\n", define->name, define->value));
    }
    write_header(folder, component->name, &buffer);
}

static void write_root(const struct tables *tables, const char *folder)
{
    const struct system *system = tables->system;
    struct buffer buffer = {0};

    add_text(&buffer, head(system, "root"));
    add_text(&buffer, arena_print("#define SYSTEM_NAME \"%s\"\n#define COMPONENT_NAME \"root\"\n", system->name));
    add_text(&buffer, arena_print("#define COMPONENT_COUNT %u\n#define OBJECT_COUNT %u\n", system->component_count,
                                  tables->object_count));
    add_text(&buffer, arena_print("#define COMPONENT_STACK_ADDRESS UINT64_C(0x%" PRIx64 ")\n"
                                  "#define COMPONENT_STACK_SIZE UINT64_C(0x%" PRIx64 ")\n",
                                  STACK_BASE, system->root.stack));
    write_header(folder, "root", &buffer);
}

void headers_write(const struct tables *tables, const char *folder)
{
    write_root(tables, folder);
    for (unsigned i = 0; i < tables->system->component_count; i++)
        write_component(tables, &tables->system->components[i], folder);
}
