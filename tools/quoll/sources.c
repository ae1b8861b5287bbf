/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sources are counted where they are found; without them the report says so.
 */
#include "tools/quoll/sources.h"

#include <dirent.h>
#include <stdlib.h>
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

/* A line is `program path lines`; others are not taken. */
static void add_code(struct code *code, char *line)
{
    const char *program = strtok(line, " ");
    const char *path = strtok(NULL, " ");
    const char *lines = strtok(NULL, " ");

    if (lines != NULL)
        *ARRAY_ADD(code->files, code->count) = (struct code_file){program, path, strtoull(lines, NULL, 10)};
}

bool code_read(const struct search *sources, struct code *code)
{
    const char *path = file_find(sources, "lines.txt");
    struct file file = {0};
    size_t begin = 0;

    *code = (struct code){0};
    if (path == NULL)
        return false;
    file_read(path, SOURCE_SIZE_MAX, &file);
    for (size_t i = 0; i < file.size; i++) {
        if (file.data[i] != '\n')
            continue;
        add_code(code, arena_copy((const char *)file.data + begin, i - begin));
        begin = i + 1;
    }
    return true;
}

static bool is_one_of(const char *name, const char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* The most that any of the programs has of the file; of them this row is the first. */
static uint64_t most_lines(const struct code *code, unsigned row, const char *const *programs, unsigned count)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < code->count; i++) {
        if (strcmp(code->files[i].path, code->files[row].path) != 0 ||
            !is_one_of(code->files[i].program, programs, count))
            continue;
        if (i < row)
            return 0;
        if (code->files[i].lines > most)
            most = code->files[i].lines;
    }
    return most;
}

uint64_t code_lines(const struct code *code, const char *const *programs, unsigned count, const char *folder)
{
    uint64_t lines = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned row = 0;

        while (row < code->count && strcmp(code->files[row].program, programs[i]) != 0)
            row++;
        if (row == code->count)
            return 0;
    }
    for (unsigned row = 0; row < code->count; row++)
        if (is_one_of(code->files[row].program, programs, count) &&
            strncmp(code->files[row].path, folder, strlen(folder)) == 0)
            lines += most_lines(code, row, programs, count);
    return lines;
}
