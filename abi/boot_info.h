/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the host tool tells the kernel about the board and the image. It lies in the image on the first 4 KiB boundary
 * behind the kernel, which names it `boot_info`. Offsets count from the start of the image, addresses are physical.
 *
 *   image:  kernel | boot_info (4 KiB) | pages for the kernel's tables | root's segments | plan and modules
 *
 * All parts start on 4 KiB boundaries; the image is loaded on a 2 MiB boundary anywhere in RAM.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#define BOOT_INFO_MAGIC UINT64_C(0x544f4f424c4c4f51) /* "QOLLBOOT" read as a little-endian word */
enum { BOOT_INFO_VERSION = 2, BOOT_RAM_MAX = 8, BOOT_DEVICE_MAX = 32, BOOT_SEGMENT_MAX = 8, BOOT_CORE_MAX = 16 };

struct boot_range {
    uint64_t base;
    uint64_t size;
};

/* A part of root, already expanded in the image (its bss included), page aligned. */
struct boot_segment {
    uint64_t offset;
    uint64_t size;
    uint64_t address;    /* where root sees it */
    uint64_t attributes; /* enum quoll_map_attributes */
};

struct boot_info {
    uint64_t magic;
    uint32_t version;
    uint32_t size; /* of this structure */
    uint64_t image_size;
    char system[32]; /* name of the system, for messages; ends with a zero */

    struct boot_range ram[BOOT_RAM_MAX];       /* all RAM of the board; unused entries have size 0 */
    struct boot_range device[BOOT_DEVICE_MAX]; /* physical ranges that root gets as device memory */

    uint64_t uart; /* PL011 for boot and panic messages; 0: none */
    uint64_t gic_distributor;
    uint64_t gic_redistributor;
    uint64_t gic_redistributor_size;
    uint32_t gic_version;      /* 3 */
    uint32_t hypervisor_timer; /* INTID of the EL2 physical timer's PPI (26) */
    uint32_t virtual_timer;    /* INTID of the virtual timer's PPI (27) */
    uint32_t maintenance;      /* INTID of the GIC maintenance PPI (25) */
    uint32_t core_count;
    uint32_t table_count; /* pages behind boot_info, zero, for the kernel's own translation tables */
    uint64_t core_mpidr[BOOT_CORE_MAX];

    uint64_t root_pool_size;    /* RAM given to root's pool, multiple of 4 KiB */
    uint64_t root_capabilities; /* entries in root's capability list */
    uint64_t root_entry;
    uint64_t root_stack_top; /* initial SP of root; inside one of the segments */
    uint32_t root_priority;
    uint32_t root_segment_count;
    struct boot_segment root_segment[BOOT_SEGMENT_MAX];

    uint64_t plan_offset; /* plan and modules: mapped read-only for root at plan_address, and IMAGE memory for it */
    uint64_t plan_size;
    uint64_t plan_address;
};
static_assert(sizeof(struct boot_info) <= 4096, "boot_info is one page of the image");

/*
 * Root's first capabilities, all with every right. Root starts with x0 = number of RAM objects, x1 = number of device
 * objects (boot_info.device order), x2 = plan_address, x3 = plan_size, x4 = number of cores started.
 */
enum boot_capability {
    BOOT_CAP_DOMAIN = 1,
    BOOT_CAP_THREAD = 2,
    BOOT_CAP_POOL = 3,
    BOOT_CAP_INTERRUPTS = 4, /* every interrupt line that the kernel does not use itself */
    BOOT_CAP_PLAN = 5,       /* memory: plan and modules, read-only */
    BOOT_CAP_TRACE = 6,      /* memory: the trace, read-only (abi/trace.h); empty unless the kernel keeps one */
    BOOT_CAP_BUDGET = 8,     /* + core: all the time of that core (8..23) */
    BOOT_CAP_RAM = 24,       /* + i: free RAM, at most 2 * BOOT_RAM_MAX */
    BOOT_CAP_DEVICE = 40,    /* + i: device memory */
    BOOT_CAP_FREE = 72,      /* first index that the kernel leaves empty */
};
