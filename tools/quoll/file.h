/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files: reading whole ones, finding them in the search folders, writing results, running another program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YAML_SIZE_MAX = 1 << 20, SEARCH_MAX = 16 };
#define FILE_SIZE_MAX ((size_t)512 << 20) /* of anything that goes into an image */

struct file {
    const char *path;
    unsigned char *data;
    size_t size;
};

/* Where files named in a description are looked for, in this order. */
struct search {
    const char *folder[SEARCH_MAX];
    unsigned count;
    bool chosen; /* by --search, some of them */
};

/* Reads a regular file of at most `limit` bytes or fails with status 2. */
void file_read(const char *path, size_t limit, struct file *file);

/* The path of `name` in the first search folder that has it as a regular file, or NULL. Absolute names stand alone. */
const char *file_find(const struct search *search, const char *name);

/* Where file_find looked, and what to do about it, for a message about a file that is in none of them. */
const char *search_folders(const struct search *search);
const char *search_remedy(const struct search *search, const char *with_folders);

/* Size of a regular file. */
uint64_t file_size(const char *path);

/* Writes a file whole (through a temporary one beside it) or fails with status 2. */
void file_write(const char *path, const void *data, size_t size);

/* The same, but leaves a file alone that already has this content, so that make sees no change. */
void file_update(const char *path, const void *data, size_t size);

/* Makes a folder and its parents. */
void folder_make(const char *path);

/*
 * Runs a program with `input` on its standard input and takes its standard output. Returns its exit status, or 127
 * when there is no such program.
 */
int program_run(const char *const *arguments, const void *input, size_t input_size, struct file *output);
