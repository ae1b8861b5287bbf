/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program: a static AArch64 ELF executable, as segments and function symbols. The only ELF loader of the project.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/quoll/diagnostics.h"
#include "tools/quoll/file.h"

enum { PROGRAM_SEGMENTS_MAX = 16 };

/* Address and memory_size are multiples of 4096; data holds file_size bytes, then come zeroes. */
struct program_segment {
    uint64_t address;
    uint64_t memory_size;
    uint64_t file_size;
    const unsigned char *data;
    uint64_t attributes; /* enum quoll_map_attributes */
};

struct program_symbol {
    uint64_t address;
    uint32_t size;
    const char *name;
};

struct program {
    const char *path;
    uint64_t entry;
    struct program_segment segments[PROGRAM_SEGMENTS_MAX];
    unsigned segment_count;
    struct program_symbol *symbols; /* functions, by address */
    unsigned symbol_count;
    const char **sources; /* names of the source files it was made of */
    unsigned source_count;
    uint64_t memory; /* bytes of RAM beside the image: of the segments that can be written */
};

/* Reads a program; what is wrong with it is reported at `at`. False after a mistake. */
bool program_read(const char *path, struct position at, struct program *program);
