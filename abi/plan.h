/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The plan: what the host tool made of the description, for root. Root trusts it (both are in the boot image). It is
 * a header, tables of fixed-size records, names, what programs' data begins as, and page-aligned: code, modules; every
 * offset counts from the plan's start. Code runs where it lies, in as many components as are made of it and however
 * often: nobody can write it.
 *
 *   component --owns--> object <--names-- capability --of--> component
 *                       object <--names-- mapping    --of--> component
 *
 * An object with an owner is created in the owner's pool and is made afresh when the owner restarts; one without
 * (PLAN_SYSTEM) is created once, from root's pool. After a component was made, every capability and mapping of it, and
 * every capability of others that names an object of it, is minted again.
 */
#pragma once

#include "abi/boot_info.h"
#include <assert.h>
#include <stdint.h>

#define PLAN_MAGIC UINT64_C(0x4e414c504c4c4f51) /* "QOLLPLAN" read as a little-endian word */
enum { PLAN_VERSION = 2, PLAN_NAME_MAX = 32 };
#define PLAN_SYSTEM UINT32_MAX /* owner of what lives as long as the system */
#define PLAN_NONE   UINT32_MAX

/* Entries that root's capability list has beside one for each object and three for each component. */
enum { PLAN_ROOT_RESTS = 16, PLAN_ROOT_CAPABILITIES = BOOT_CAP_FREE + 1 + PLAN_ROOT_RESTS + 1 };

struct plan_table {
    uint32_t offset;
    uint32_t count;
};

struct plan_header {
    uint64_t magic;
    uint32_t version;
    uint32_t size; /* of the whole plan with its modules, saturated at 4 GiB - 1 */
    char system[PLAN_NAME_MAX];
    struct plan_table components;
    struct plan_table segments;
    struct plan_table objects;
    struct plan_table capabilities;
    struct plan_table mappings;
    struct plan_table symbols;
    struct plan_table strings; /* bytes, NUL-terminated names; count is their total length */
};

enum plan_component_flags {
    PLAN_RESTART = 1 << 0, /* root makes it again when it faults or stops answering */
    PLAN_PASSIVE = 1 << 1, /* its main thread owns no budget once it has started */
    PLAN_STOPPED = 1 << 2, /* made by a later request only */
};

struct plan_component {
    char name[PLAN_NAME_MAX];
    uint32_t flags;
    uint32_t core;
    uint32_t priority;
    uint32_t replenishments;
    uint64_t budget_time;      /* ns */
    uint64_t budget_period;    /* ns */
    uint64_t watchdog;         /* ns between two signs of life at most; 0: not watched */
    uint64_t pool_size;        /* bytes, multiple of 4096 */
    uint32_t capability_count; /* size of its list */
    uint32_t restart_flag;     /* flag 0..63 of its notification that root raises when a peer was made again */
    uint64_t entry;
    uint64_t stack_base; /* lowest address; the page below is never mapped */
    uint64_t stack_size;
    uint64_t code_offset; /* of its read-only segments, one behind the other; multiples of 4096 */
    uint64_t code_size;
    uint32_t first_segment;
    uint32_t segment_count;
    uint32_t first_symbol; /* sorted by address */
    uint32_t symbol_count;
    uint32_t domain, thread, pool, budget, notification; /* its own objects, indices into `objects` */
    uint32_t reserved;
};

/*
 * A part of the program: file_size bytes at offset, then zeroes. Addresses and memory_size are multiples of 4096. One
 * that cannot be written lies in the plan whole (file_size is memory_size), within the code of its component.
 */
struct plan_segment {
    uint64_t offset;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t address;
    uint64_t attributes; /* enum quoll_map_attributes */
};

enum plan_object_kind {
    PLAN_POOL = 1,
    PLAN_DOMAIN,
    PLAN_THREAD,
    PLAN_BUDGET,       /* a = time ns, b = period ns, c = replenishments | PLAN_BUDGET_*; parent: the core's budget */
    PLAN_PORTAL,       /* into the owner's thread, root's for PLAN_SYSTEM; a = longest request in ns, for the report */
    PLAN_NOTIFICATION, /* the owner's own is bound to its thread; with PLAN_SYSTEM it is root's own */
    PLAN_INTERRUPT,    /* a = INTID, b = enum quoll_trigger, c = flag mask; bound to the owner's notification */
    PLAN_MEMORY,       /* RAM, zeroed when made: a = size, b = alignment */
    PLAN_DEVICE,       /* a = physical address, b = size */
    PLAN_MODULE,       /* read-only bytes of the plan: a = offset (page aligned), b = size */
    PLAN_TRACE,        /* the kernel's trace (abi/trace.h), when it keeps one: b = its size, at most */
};

/*
 * In c of a PLAN_BUDGET: root says in its log when the budget runs out, at most once a second; and makes its owner
 * again then.
 */
#define PLAN_BUDGET_REPORT  (UINT64_C(1) << 32)
#define PLAN_BUDGET_RESTART (UINT64_C(1) << 33)

struct plan_object {
    uint32_t kind;
    uint32_t owner; /* component or PLAN_SYSTEM */
    uint32_t name;  /* offset into strings */
    uint32_t core;
    uint64_t a, b, c;
};

struct plan_capability {
    uint32_t component;
    uint32_t index; /* in the component's list */
    uint32_t object;
    uint32_t rights; /* enum quoll_right */
    uint64_t label;  /* portals: the label; notifications: mask of the flags that may be raised */
};

struct plan_mapping {
    uint32_t component;
    uint32_t object; /* PLAN_MEMORY, PLAN_DEVICE, PLAN_MODULE or PLAN_TRACE, mapped whole */
    uint64_t address;
    uint64_t attributes;
};

struct plan_symbol {
    uint64_t address;
    uint32_t size;
    uint32_t name; /* offset into strings */
};

static_assert(sizeof(struct plan_component) == 168, "root and the host tool agree on the record");
static_assert(sizeof(struct plan_object) == 40, "root and the host tool agree on the record");
static_assert(sizeof(struct plan_capability) == 24, "root and the host tool agree on the record");
static_assert(sizeof(struct plan_mapping) == 24, "root and the host tool agree on the record");

/*
 * Where every component finds its own objects, whatever the system. Named ones start at COMPONENT_CAP_FIRST and are
 * constants of the generated component.h. Unused ones are empty.
 */
enum component_capability {
    COMPONENT_CAP_DOMAIN = 1, /* rights as the description grants: none by default, all with `manages: true` */
    COMPONENT_CAP_THREAD = 2,
    COMPONENT_CAP_POOL = 3,
    COMPONENT_CAP_NOTIFICATION = 4, /* bound to its thread */
    COMPONENT_CAP_BUDGET = 5,
    COMPONENT_CAP_ROOT = 6, /* portal of root (services/root/README.md) */
    COMPONENT_CAP_CONSOLE = 7,
    /* portal of serial (services/serial/README.md), if the component has a console */ COMPONENT_CAP_WATCHDOG =
        8, /* root's notification, to signal that the component is alive, if it is watched */
    COMPONENT_CAP_FIRST = 16,
};
