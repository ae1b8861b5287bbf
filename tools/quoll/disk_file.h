/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file `disk` beside a description, which tools/run/disk makes a disk of: the names of its partitions, and where
 * they lie as far as that is plain.
 */
#pragma once

#include "tools/quoll/model.h"

enum { PARTITIONS_MAX = 128 };

struct disk_file {
    const char *path;
    const char *names[PARTITIONS_MAX];
    uint64_t begin[PARTITIONS_MAX], end[PARTITIONS_MAX]; /* bytes of the disk; end 0: not known */
    unsigned count;
    uint64_t size; /* bytes; 0: it does not say */
};

/* False: there is no such file. */
bool disk_file_read(const struct system *system, struct disk_file *disk);
