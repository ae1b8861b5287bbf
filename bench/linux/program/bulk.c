/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Programs that work for a while: checksums, compression, a tree of files, many processes that talk.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

enum { BULK = 16 << 20, FOLDERS = 40, FILES = 12 };

static const char input[] = "/tmp/16MiB";
static const char archive[] = "/tmp/tree.tar";

static uint64_t run(char *const argument[])
{
    uint64_t start = ticks();

    finish_process(start_process(argument));
    return ticks() - start;
}

static void remove_file(const char *path)
{
    must(unlink(path) == 0, path);
}

static uint64_t sha256(unsigned count)
{
    (void)count;
    make_file(input, BULK);
    return run((char *[]){"/bin/busybox", "sha256sum", (char *)input, NULL});
}

static uint64_t compress(unsigned count)
{
    (void)count;
    uint64_t taken = run((char *[]){"/bin/busybox", "gzip", "-c", (char *)input, NULL});
    remove_file(input);
    return taken;
}

static void make_tree(void)
{
    char path[64] = "";

    must(mkdir("/tmp/tree", 0755) == 0, "mkdir");
    for (unsigned folder = 0; folder < FOLDERS; folder++) {
        (void)snprintf(path, sizeof(path), "/tmp/tree/%u", folder);
        must(mkdir(path, 0755) == 0, "mkdir");
        for (unsigned file = 0; file < FILES; file++) {
            (void)snprintf(path, sizeof(path), "/tmp/tree/%u/%u", folder, file);
            make_file(path, (folder * 977 + file * 3001) % 12288);
        }
    }
    finish_process(
        start_process((char *[]){"/bin/busybox", "tar", "-cf", (char *)archive, "-C", "/tmp", "tree", NULL}));
    finish_process(start_process((char *[]){"/bin/busybox", "rm", "-r", "/tmp/tree", NULL}));
}

static uint64_t untar(unsigned count)
{
    uint64_t taken = 0;

    for (unsigned i = 0; i < count; i++) {
        make_tree();
        taken += run((char *[]){"/bin/busybox", "tar", "-xf", (char *)archive, "-C", "/tmp", NULL});
        finish_process(start_process((char *[]){"/bin/busybox", "rm", "-r", "/tmp/tree", NULL}));
        remove_file(archive);
    }
    return taken;
}

static uint64_t hackbench(unsigned count)
{
    (void)count;
    return run((char *[]){"/usr/bin/hackbench", "-p", "-g", "1", "-l", "100", NULL});
}

const struct measurement bulk_measurements[] = {
    {"sha256", sha256, 1, 1},       {"gzip", compress, 1, 1}, {"untar", untar, 1, 5},
    {"hackbench", hackbench, 1, 5}, MEASUREMENT_END,
};
