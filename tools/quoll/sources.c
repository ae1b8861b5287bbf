/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sources are counted where they are found; without them the report says so.
 */
#include "tools/quoll/sources.h"

#include <dirent.h>
#include <string.h>

#include "tools/quoll/arena.h"

enum { SOURCE_SIZE_MAX = 4 << 20 };

static bool is_source(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL && (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0 || strcmp(dot, ".S") == 0);
}

static uint64_t count_lines(const char *path)
{
    struct file file = {0};
    uint64_t lines = 0;
    bool text = false;

    file_read(path, SOURCE_SIZE_MAX, &file);
    for (size_t i = 0; i < file.size; i++) {
        if (file.data[i] == '\n') {
            lines += text ? 1 : 0;
            text = false;
        } else if (file.data[i] != ' ' && file.data[i] != '\t') {
            text = true;
        }
    }
    return lines + (text ? 1 : 0);
}

uint64_t source_lines(const struct search *sources, const char *folder)
{
    uint64_t lines = 0;

    for (unsigned i = 0; i < sources->count && lines == 0; i++) {
        const char *path = arena_print("%s/%s", sources->folder[i], folder);
        DIR *open = opendir(path);
        const struct dirent *entry = NULL;

        if (open == NULL)
            continue;
        while ((entry = readdir(open)) != NULL)
            if (is_source(entry->d_name))
                lines += count_lines(arena_print("%s/%s", path, entry->d_name));
        closedir(open);
    }
    return lines;
}

uint64_t program_lines(const struct search *sources, const char *program)
{
    uint64_t lines = source_lines(sources, arena_print("services/%s", program));

    return lines != 0 ? lines : source_lines(sources, program);
}

uint64_t kernel_lines(const struct search *sources)
{
    return source_lines(sources, "kernel/core") + source_lines(sources, "kernel/arch/aarch64");
}

uint64_t runtime_lines(const struct search *sources)
{
    return source_lines(sources, "lib/rt");
}
