/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The trace of a kernel built with TRACE=1: a ring of records a core, written by the kernel alone. Root gets it as
 * memory (BOOT_CAP_TRACE) that can be read and nothing else; a component gets it by `trace: true` of its description.
 *
 *   | ring of core 0          | ring of core 1          | ...
 *   | head (4 KiB) | records  | head (4 KiB) | records  |
 *
 * `written` counts the records that were ever written; record n lies at n modulo QUOLL_TRACE_RECORDS and is complete
 * before `written` becomes n + 1 (release). A reader loads `written` (acquire), copies, and loads it again: with a
 * later value w, what it copied is good from record w + 1 - QUOLL_TRACE_RECORDS on, for record w may be in the making,
 * and everything before is lost.
 *
 * Records hold no addresses of kernel memory: threads and objects are named by what root and the description call them.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "abi/boot_info.h"

#define QUOLL_TRACE_MAGIC UINT64_C(0x4352544c4c4f51) /* "QOLLTRC" read as a little-endian word */
enum { QUOLL_TRACE_VERSION = 1, QUOLL_TRACE_RECORDS = 8192 };

enum quoll_trace_event {
    QUOLL_TRACE_NONE = 0,
#define TRACE(number, name, text) QUOLL_TRACE_##name = (number),
#include "abi/trace.def"
#undef TRACE
    QUOLL_TRACE_EVENT_COUNT,
};

/*
 * A thread, as 32 bits: what it is, which of that kind, and the number root knows it by (thread_set_supervisor's
 * label), which is the component's number in the plan.
 *
 *    31  24 23   16 15         0
 *   +------+-------+------------+
 *   | kind | index | component  |
 *   +------+-------+------------+
 */
enum quoll_trace_kind {
    QUOLL_TRACE_NOBODY = 0,    /* no thread: the core idles, nobody receives the notification */
    QUOLL_TRACE_ROOT = 1,      /* the thread that exists since boot */
    QUOLL_TRACE_COMPONENT = 2, /* a thread whose supervisor knows it by `component` */
    QUOLL_TRACE_VCPU = 3,      /* the virtual CPU whose exits go to that component */
    QUOLL_TRACE_UNKNOWN = 4,   /* a thread without a supervisor */
};
#define QUOLL_TRACE_THREAD_KIND(thread)      ((uint32_t)(thread) >> 24)
#define QUOLL_TRACE_THREAD_COMPONENT(thread) ((uint32_t)(thread)&0xffff)

/* How the kernel was entered: detail of KERNEL, and of `longest_cause` when nothing else is known. */
enum quoll_trace_entry {
    QUOLL_TRACE_ENTRY_BOOT = 0,
    QUOLL_TRACE_ENTRY_SYNCHRONOUS = 1, /* a call, an exit, a fault */
    QUOLL_TRACE_ENTRY_INTERRUPT = 2,
    QUOLL_TRACE_ENTRY_SERROR = 3,
};

/* detail of NOTIFY: what raising did. */
enum quoll_trace_notify {
    QUOLL_TRACE_NOTIFY_PENDING = 0,   /* nothing yet: nobody waits */
    QUOLL_TRACE_NOTIFY_WOKE = 1,      /* its receiver goes on */
    QUOLL_TRACE_NOTIFY_INTERRUPT = 2, /* virtual interrupts of a vCPU were raised */
};

struct quoll_trace_record {
    uint64_t time; /* CNTPCT_EL0 */
    uint8_t event; /* enum quoll_trace_event */
    uint8_t core;
    uint16_t detail;
    uint32_t thread;
    uint64_t a, b;
};
static_assert(sizeof(struct quoll_trace_record) == 32, "kernel and readers agree on the record");

/* In what the kernel's stretches are counted. */
enum quoll_trace_unit {
    QUOLL_TRACE_TICKS = 0, /* of CNTPCT_EL0 */
    QUOLL_TRACE_CYCLES = 1 /* of PMCCNTR_EL0, in a kernel that is also built with COUNTERS=1 */
};

struct quoll_trace_ring {
    uint64_t magic;
    uint32_t version;
    uint32_t core;
    uint32_t records; /* QUOLL_TRACE_RECORDS */
    uint32_t unit;    /* enum quoll_trace_unit */
    uint64_t written;
    uint64_t visits;        /* times that the kernel was left */
    uint64_t longest;       /* the longest stretch with interrupts off, in `unit` */
    uint64_t longest_at;    /* CNTPCT_EL0 when it ended */
    uint64_t longest_cause; /* event << 16 | detail of what it did last: CALL, INTERRUPT, EXIT, KERNEL */
    uint8_t reserved[4096 - 64];
    struct quoll_trace_record record[QUOLL_TRACE_RECORDS];
};
static_assert(sizeof(struct quoll_trace_ring) == 4096 + 32 * QUOLL_TRACE_RECORDS, "rings are whole pages");

/* Of the memory that BOOT_CAP_TRACE names, at most: memory_status says how many rings there are. */
#define QUOLL_TRACE_SIZE (BOOT_CORE_MAX * (uint64_t)sizeof(struct quoll_trace_ring))
