/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How many lines a program is, for the trusted computing bases of the report.
 */
#pragma once

#include <stdint.h>

#include "tools/quoll/file.h"

/*
 * Lines that are not empty in the C and assembly files of a folder of the source tree, not counting folders in it;
 * 0 when no search folder has it.
 */
uint64_t source_lines(const struct search *sources, const char *folder);

/* The same of a program: services/<program>, <program>, and where else programs lie. */
uint64_t program_lines(const struct search *sources, const char *program);

/* Of the kernel, and of the runtime that every component holds. */
uint64_t kernel_lines(const struct search *sources);
uint64_t runtime_lines(const struct search *sources);

/* What tools/lines counted: lines of code of each file of each program, as `lines.txt` in a search folder has them. */
struct code_file {
    const char *program; /* a component's name, `root` or `kernel` */
    const char *path;
    uint64_t lines;
};

struct code {
    struct code_file *files;
    unsigned count;
};

/* False: there is no such file. */
bool code_read(const struct search *sources, struct code *code);

/* Of the files of these programs whose path begins with `folder`, one that several have once. 0: of one nothing is
 * known. */
uint64_t code_lines(const struct code *code, const char *const *programs, unsigned count, const char *folder);
