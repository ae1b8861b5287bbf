/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything here ends the run with status 2 when the machine, not the description, is at fault.
 */
#include "tools/quoll/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/diagnostics.h"

static bool is_regular(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

uint64_t file_size(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        fail("%s: %s", path, strerror(errno));
    return (uint64_t)status.st_size;
}

void file_read(const char *path, size_t limit, struct file *file)
{
    FILE *stream = fopen(path, "rb");
    uint64_t size = 0;

    if (stream == NULL)
        fail("%s: %s", path, strerror(errno));
    if (!is_regular(path))
        fail("%s: not a regular file", path);
    size = file_size(path);
    if (size > limit)
        fail("%s: larger than %zu bytes", path, limit);
    file->path = path;
    file->data = arena_allocate((size_t)size + 1, 1);
    file->size = fread(file->data, 1, (size_t)size, stream);
    if (ferror(stream) != 0)
        fail("%s: cannot be read", path);
    fclose(stream);
}

const char *file_find(const struct search *search, const char *name)
{
    if (name[0] == '/')
        return is_regular(name) ? name : NULL;
    while (strncmp(name, "./", 2) == 0)
        name += 2;
    for (unsigned i = 0; i < search->count; i++) {
        const char *folder = search->folder[i];
        const char *path = strcmp(folder, ".") == 0 ? name : arena_print("%s/%s", folder, name);

        if (is_regular(path))
            return path;
    }
    return NULL;
}

const char *search_folders(const struct search *search)
{
    return join(search->folder, search->count);
}

const char *search_remedy(const struct search *search, const char *with_folders)
{
    return search->chosen ? with_folders : "say by `--search FOLDER` where it is";
}

void file_write(const char *path, const void *data, size_t size)
{
    const char *part = arena_print("%s.%ld.part", path, (long)getpid());
    FILE *stream = fopen(part, "wb");

    if (stream == NULL)
        fail("%s: %s", part, strerror(errno));
    if (fwrite(data, 1, size, stream) != size || fclose(stream) != 0 || rename(part, path) != 0) {
        int reason = errno;

        remove(part);
        fail("%s: %s", path, strerror(reason));
    }
}

void file_update(const char *path, const void *data, size_t size)
{
    struct file old = {0};

    if (is_regular(path) && file_size(path) == size) {
        file_read(path, FILE_SIZE_MAX, &old);
        if (old.size == size && memcmp(old.data, data, size) == 0)
            return;
    }
    file_write(path, data, size);
}

void folder_make(const char *path)
{
    char *copy = arena_copy(path, strlen(path));

    for (char *slash = copy + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            fail("%s: %s", copy, strerror(errno));
        *slash = '/';
    }
    if (mkdir(copy, 0777) != 0 && errno != EEXIST)
        fail("%s: %s", copy, strerror(errno));
}

/* The child's half: never returns. */
static _Noreturn void become(const char *const *arguments, FILE *input, int output)
{
    if (dup2(fileno(input), STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
        _exit(126);
    /* execvp takes char *const * for historical reasons and changes nothing. */
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static void read_pipe(int descriptor, struct file *output)
{
    size_t room = 1 << 16;

    output->data = arena_allocate(room + 1, 1);
    for (;;) {
        ssize_t got = read(descriptor, output->data + output->size, room - output->size);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        output->size += (size_t)got;
        if (output->size == room) {
            unsigned char *more = arena_allocate(2 * room + 1, 1);

            memcpy(more, output->data, room);
            output->data = more;
            room *= 2;
        }
    }
}

int program_run(const char *const *arguments, const void *input, size_t input_size, struct file *output)
{
    FILE *stream = tmpfile();
    int ends[2] = {-1, -1};
    int status = 0;
    pid_t child = -1;

    if (stream == NULL || fwrite(input, 1, input_size, stream) != input_size || fflush(stream) != 0)
        fail("temporary file: %s", strerror(errno));
    rewind(stream);
    if (pipe(ends) != 0)
        fail("pipe: %s", strerror(errno));
    child = fork();
    if (child < 0)
        fail("fork: %s", strerror(errno));
    if (child == 0) {
        close(ends[0]);
        become(arguments, stream, ends[1]);
    }
    close(ends[1]);
    read_pipe(ends[0], output);
    close(ends[0]);
    fclose(stream);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            fail("%s: %s", arguments[0], strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
