/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Requests to a disk, one at a time, past the page cache.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "services.h"

enum { SMALL = 4096, LARGE = 128 * 1024, SMALL_COUNT = 400, LARGE_COUNT = 60, BATCH_COUNT = 5 };

static _Alignas(4096) char buffer[LARGE];
static int disk = -1;
static uint64_t disk_size;

static void open_disk(void)
{
    if (disk >= 0)
        return;
    disk = open("/dev/vda", O_RDWR | O_DIRECT);
    must(disk >= 0, "/dev/vda");
    must(ioctl(disk, BLKGETSIZE64, &disk_size) == 0 && disk_size >= 16 * LARGE, "the size of /dev/vda");
}

/* The same places on every machine, and in every batch: multiples of the size, one after the other or anywhere. */
static uint64_t requests(unsigned count, size_t size, bool in_order, bool writes)
{
    uint32_t random = 12345;

    open_disk();
    uint64_t places = disk_size / size;
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++) {
        random = random * 1664525 + 1013904223;
        off_t at = (off_t)((in_order ? i : random >> 8) % places * size);
        ssize_t done = writes ? pwrite(disk, buffer, size, at) : pread(disk, buffer, size, at);
        must(done == (ssize_t)size, "a request to /dev/vda");
    }
    return ticks() - start - loop_ticks(count);
}

#define REQUESTS(name, size, in_order, writes)          \
    static uint64_t name(unsigned count)                \
    {                                                   \
        return requests(count, size, in_order, writes); \
    }
REQUESTS(sequential_read_4k, SMALL, true, false)
REQUESTS(sequential_write_4k, SMALL, true, true)
REQUESTS(random_read_4k, SMALL, false, false)
REQUESTS(random_write_4k, SMALL, false, true)
REQUESTS(sequential_read_128k, LARGE, true, false)
REQUESTS(sequential_write_128k, LARGE, true, true)
REQUESTS(random_read_128k, LARGE, false, false)
REQUESTS(random_write_128k, LARGE, false, true)

const struct measurement block_measurements[] = {
    {"block_read_4k", sequential_read_4k, SMALL_COUNT, BATCH_COUNT},
    {"block_write_4k", sequential_write_4k, SMALL_COUNT, BATCH_COUNT},
    {"block_random_read_4k", random_read_4k, SMALL_COUNT, BATCH_COUNT},
    {"block_random_write_4k", random_write_4k, SMALL_COUNT, BATCH_COUNT},
    {"block_read_128k", sequential_read_128k, LARGE_COUNT, BATCH_COUNT},
    {"block_write_128k", sequential_write_128k, LARGE_COUNT, BATCH_COUNT},
    {"block_random_read_128k", random_read_128k, LARGE_COUNT, BATCH_COUNT},
    {"block_random_write_128k", random_write_128k, LARGE_COUNT, BATCH_COUNT},
    MEASUREMENT_END,
};
