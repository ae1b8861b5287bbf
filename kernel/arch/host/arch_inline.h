/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The small things of the fake architecture (kernel/core/arch.h). A descriptor is address | HOST_VALID | kind, with the
 * attributes where tests can read them.
 */
#pragma once

#include "abi/calls.h"
#include "host.h"
#include "types.h"

struct core;

struct core *arch_core(void);

static inline uint64_t arch_counter(void)
{
    return host.counter;
}

static inline uint64_t arch_counter_entered(void)
{
    return host.counter;
}

static inline void arch_timer_set_near(uint64_t deadline)
{
    host.timer = deadline;
}

/* A test says which of the checks and allocations from now on fails, and learns whether it came to that. */
static inline bool arch_fault(void)
{
    return host.fault_in != 0 && --host.fault_in == 0;
}

/* A test says after how many questions an interrupt "arrives". */
static inline bool arch_interrupt_waiting(void)
{
    host.preemption_points++;
    host.random = host.random * 1664525 + 1013904223;
    if (host.preempt_chance != 0 && (host.random >> 8) % host.preempt_chance == 0)
        return true;
    return host.preempt_every != 0 && host.preemption_points % host.preempt_every == 0;
}

static inline uint64_t arch_index_nospec(uint64_t index, uint64_t limit)
{
    return index < limit ? index : 0;
}

enum { HOST_VALID = 1, HOST_TABLE = 2, HOST_DEVICE = 4 };
#define HOST_ATTRIBUTES_SHIFT 56
#define HOST_ADDRESS          UINT64_C(0x00fffffffffff000)

static inline uint64_t arch_descriptor_table(paddr_t table)
{
    return table.value | HOST_TABLE | HOST_VALID;
}

static inline uint64_t arch_descriptor_page(paddr_t page, uint64_t attributes, bool device)
{
    return page.value | attributes << HOST_ATTRIBUTES_SHIFT | (device ? HOST_DEVICE : 0) | HOST_VALID;
}

static inline uint64_t arch_descriptor_block(paddr_t block, uint64_t attributes, bool device)
{
    return arch_descriptor_page(block, attributes, device);
}

static inline bool arch_descriptor_is_table(uint64_t descriptor, unsigned level)
{
    return level < 3 && (descriptor & HOST_TABLE) != 0;
}

static inline paddr_t arch_descriptor_address(uint64_t descriptor)
{
    return paddr(descriptor & HOST_ADDRESS);
}

static inline void arch_barrier_table(void)
{
    host.table_barriers++;
}

static inline unsigned arch_vmid_count(void)
{
    return host.vmid_count;
}
