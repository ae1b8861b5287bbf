/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pages that are touched first, and a file that is mapped, touched here and there, and unmapped.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

enum { PAGE = 4096, MAPPED = 1 << 20, STRIDE = 16384 };

static uint64_t page_fault(unsigned count)
{
    size_t size = (size_t)count * PAGE;
    volatile char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    must(memory != MAP_FAILED, "mmap");
    (void)madvise((void *)memory, size, MADV_NOHUGEPAGE); /* a kernel that has no huge pages refuses */
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        memory[(size_t)i * PAGE] = 1;
    uint64_t taken = ticks() - start - loop_ticks(count);
    munmap((void *)memory, size);
    return taken;
}

static uint64_t map_file(unsigned count)
{
    static int file = -1;

    if (file < 0) {
        make_file("/tmp/mapped", MAPPED);
        file = open("/tmp/mapped", O_RDWR);
        must(file >= 0, "/tmp/mapped");
    }
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++) {
        volatile char *memory = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

        must(memory != MAP_FAILED, "mmap");
        for (size_t at = 0; at < MAPPED; at += STRIDE)
            memory[at] = 1;
        munmap((void *)memory, MAPPED);
    }
    return ticks() - start;
}

const struct measurement memory_measurements[] = {
    {"page_fault", page_fault, 4000, 9},
    {"mmap", map_file, 50, 9},
    MEASUREMENT_END,
};
