/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch.h"
#include "check.h"
#include "thread.h"
#include "vcpu.h"

enum { RAM_PATTERN = 0xa5 };

struct host host;

/*
 * RAM is a private mapping of a file that holds the pattern: what was written goes with the pages that hold it, so that
 * a machine which used little is reset in no time.
 */
static int pattern_file(void)
{
    static uint8_t block[UINT64_C(1) << 20];
    int file = memfd_create("RAM of the fake machine", 0);

    memset(block, RAM_PATTERN, sizeof(block));
    for (uint64_t done = 0; file >= 0 && done < HOST_RAM_SIZE; done += sizeof(block))
        if (write(file, block, sizeof(block)) != (ssize_t)sizeof(block))
            return -1;
    return file;
}

static void map_ram(void)
{
    static bool mapped = false;
    void *wanted = paddr_pointer(paddr(HOST_RAM_BASE));

    if (!mapped)
        mapped = mmap(wanted, HOST_RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED_NOREPLACE, pattern_file(),
                      0) == wanted;
    else
        mapped = madvise(wanted, HOST_RAM_SIZE, MADV_DONTNEED) == 0;
    if (!mapped) {
        perror("the RAM of the fake machine");
        abort();
    }
}

void host_reset(void)
{
    map_ram();
    memset(&host, 0, sizeof(host));
    memset(cores, 0, sizeof(cores));
    host.counter = 1000;
    host.vmid_count = 256;
    host.timer = UINT64_MAX;
    host.power = -1;
}

struct core *arch_core(void)
{
    return &cores[0];
}

_Noreturn void panic(const char *file, int line, const char *what)
{
    if (host.panic != NULL)
        host.panic(file, line, what);
    fprintf(stderr, "kernel panic: %s:%d: %s\n", file, line, what);
    abort();
}

_Noreturn void arch_panic_thread(struct thread *thread, enum quoll_fault_reason reason, uint64_t address,
                                 uint64_t syndrome)
{
    (void)thread;
    (void)reason;
    (void)address;
    (void)syndrome;
    panic(__FILE__, __LINE__, "root faulted");
}

void arch_power(enum quoll_power_action action)
{
    host.power = (int)action;
}

void arch_console_write(const char *text, size_t length)
{
    size_t room = sizeof(host.console) - 1 - host.console_length;

    length = length < room ? length : room;
    memcpy(host.console + host.console_length, text, length);
    host.console_length += length;
}

void arch_timer_set(uint64_t deadline)
{
    host.timer = deadline;
}

bool arch_interrupt_valid(uint64_t line)
{
    return line >= 32 && line < HOST_LINES;
}

void arch_interrupt_enable(uint32_t line, enum quoll_trigger trigger)
{
    host.line[line] = (uint8_t)(HOST_LINE_ENABLED | (trigger == QUOLL_TRIGGER_EDGE ? HOST_LINE_EDGE : 0));
}

void arch_interrupt_disable(uint32_t line)
{
    host.line[line] = 0;
}

void arch_interrupt_complete(uint32_t line)
{
    (void)line;
    host.completed++;
}

void arch_tlb_flush_pages(unsigned vmid, ipa_t first, uint64_t size, uint64_t stride)
{
    (void)first;
    CHECK(vmid != 0 && stride != 0 && size % stride == 0 && size / stride <= 64);
    host.tlb_pages_flushes++;
    host.tlb_pages += size / stride;
}

void arch_tlb_flush_space(unsigned vmid)
{
    CHECK(vmid != 0);
    host.tlb_space_flushes++;
}

void arch_memory_zero(paddr_t base, uint64_t size)
{
    CHECK(is_aligned(base.value | size, PAGE_SIZE) && base.value >= HOST_RAM_BASE &&
          range_fits(base.value - HOST_RAM_BASE, size, HOST_RAM_SIZE));
    memset(paddr_pointer(base), 0, size);
    host.zeroed_bytes += size;
}

void arch_clear(void *block, uint64_t size)
{
    CHECK(is_aligned((uintptr_t)block | size, 64));
    memset(block, 0, size);
}

void arch_cache_clean_invalidate(paddr_t base, uint64_t size)
{
    (void)base;
    (void)size;
    host.cache_cleans++;
}
