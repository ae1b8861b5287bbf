/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A line of sfdisk's is `start=2048, size=32MiB, name=linux`: sectors, or bytes with a unit, in whole MiB. Without
 * `start` a partition begins at the next whole MiB behind the one before. What sfdisk would round or look for is not
 * guessed: from there on it is not known where partitions lie, and only the service finds out.
 */
#include "tools/quoll/disk_file.h"

#include <stdlib.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/value.h"

enum { DISK_FILE_MAX = 64 << 10, SECTOR = 512 };

/* Of a disk of any size. */
static const uint64_t BYTES_MAX = 4096 * GIB;

/* Where the next partition begins that does not say so. */
struct cursor {
    uint64_t next;
    bool lost; /* not known */
};

/* What stands behind `key` in a line; NULL: it has none. */
static const char *field(const char *line, const char *key)
{
    const char *at = line;

    while ((at = strstr(at, key)) != NULL) {
        if (at == line || strchr(", \t:", at[-1]) != NULL)
            return at + strlen(key);
        at += strlen(key);
    }
    return NULL;
}

static const char *partition_name(const char *line)
{
    const char *value = field(line, "name=");
    const char *ends = value != NULL && *value == '"' ? "\"" : ", \t\r";

    if (value == NULL)
        return NULL;
    value += *value == '"';
    return arena_copy(value, strcspn(value, ends));
}

/* Bytes of `2048` or ` 32MiB`. False: it is something else, or sfdisk rounds it. */
static bool read_bytes(const char *value, uint64_t *bytes)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = {{"", SECTOR}, {"KiB", KIB}, {"K", KIB}, {"MiB", MIB}, {"M", MIB}, {"GiB", GIB}, {"G", GIB}};
    uint64_t number = 0;
    const char *text = value + strspn(value, " \t");
    char *unit = NULL;

    if (strspn(text, "0123456789") == 0)
        return false;
    number = strtoull(text, &unit, 10);
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t length = strlen(units[i].name);

        if (strcspn(unit, ", \t\r") != length || strncmp(unit, units[i].name, length) != 0)
            continue;
        if (number > BYTES_MAX / units[i].factor)
            return false;
        *bytes = number * units[i].factor;
        return units[i].factor == SECTOR || *bytes % MIB == 0;
    }
    return false;
}

/* Where a line's partition lies. False: not known; nor then, what follows. */
static bool read_place(const char *line, struct cursor *cursor, uint64_t *begin, uint64_t *end)
{
    const char *start = field(line, "start=");
    const char *size = field(line, "size=");
    uint64_t first = cursor->next;
    uint64_t bytes = 0;

    if (cursor->lost || size == NULL || !read_bytes(size, &bytes) || (start != NULL && !read_bytes(start, &first))) {
        cursor->lost = true;
        return false;
    }
    /* The next one would go into the larger of the hole and the rest. */
    cursor->lost = first != cursor->next;
    cursor->next = (first + bytes + MIB - 1) / MIB * MIB;
    *begin = first;
    *end = first + bytes;
    return true;
}

static void read_line(struct disk_file *disk, struct cursor *cursor, const char *line)
{
    static const char SIZE[] = "size of the disk: ";
    const char *size = strstr(line, SIZE);
    const char *name = partition_name(line);
    uint64_t begin = 0;
    uint64_t end = 0;

    if (line[0] == '#') {
        if (size != NULL)
            disk->size = strtoull(size + strlen(SIZE), NULL, 10) * MIB;
        return;
    }
    if (strncmp(line, "label", strlen("label")) == 0 || line[strspn(line, " \t\r")] == '\0')
        return;
    read_place(line, cursor, &begin, &end);
    if (name == NULL || disk->count == PARTITIONS_MAX)
        return;
    disk->names[disk->count] = name;
    disk->begin[disk->count] = begin;
    disk->end[disk->count++] = end;
}

bool disk_file_read(const struct system *system, struct disk_file *disk)
{
    const char *slash = strrchr(system->path, '/');
    const char *folder = slash == NULL ? "." : arena_copy(system->path, (size_t)(slash - system->path));
    const struct search search = {.folder = {folder}, .count = 1};
    struct cursor cursor = {.next = MIB};
    struct file file = {0};
    char *line = NULL;

    disk->path = file_find(&search, "disk");
    if (disk->path == NULL)
        return false;
    file_read(disk->path, DISK_FILE_MAX, &file);
    for (line = strtok((char *)file.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
        read_line(disk, &cursor, line);
    return true;
}
