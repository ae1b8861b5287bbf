/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The call interface: numbers, errors, object types, rights, and how registers carry them.
 *
 * A call is `svc #1` in a native component and `hvc #1` in the EL1 of a guest.
 *
 *   in    x0..x7   arguments, or the eight words of a message
 *         x8       capability index of the object acted on
 *         x9       call number, and QUOLL_FLAG_* for `portal_call` and `reply_wait`
 *         x10..x12 only with the flag that announces them (abi/message.h)
 *   out   x0..x7   results, or the eight words of a message; what a call does not write keeps its value, but
 *         of a call or reply whose message was taken over the words are lost
 *         x8       the answer: enum quoll_error, or for `reply_wait` a kind and label (abi/message.h)
 *         x9..x18  zero
 *
 * x19..x30, SP, TPIDR_EL0 and the SIMD registers belong to the thread and are preserved.
 */
#pragma once

#include <stdint.h>

enum quoll_error {
#define ERROR(number, name, text) QUOLL_##name = (number),
#include "abi/errors.def"
#undef ERROR
};

enum quoll_object_type {
    QUOLL_TYPE_NONE = 0,
#define OBJECT(number, name, NAME) QUOLL_TYPE_##NAME = (number),
#include "abi/objects.def"
#undef OBJECT
    QUOLL_TYPE_COUNT,
};

enum quoll_right {
#define RIGHT(bit, name, text) QUOLL_RIGHT_##name = 1 << (bit),
#include "abi/rights.def"
#undef RIGHT
    QUOLL_RIGHT_0 = 0,
    QUOLL_RIGHTS_ALL = 0x3fff,
};

enum quoll_call_number {
#define CALL(number, object, name, ...) QUOLL_CALL_##object##_##name = (number),
#include "abi/calls.def"
#undef CALL
    QUOLL_CALL_LIMIT = 0x100, /* every number is below this */
};

/* Index 0 of every capability list is never used, so that 0 can mean "none". */
enum { QUOLL_CAPABILITY_NONE = 0 };

/* domain kinds, for create_domain; 2 is kept for foreign threads, whose svc goes to a guest OS as a message */
enum quoll_domain_kind { QUOLL_DOMAIN_NATIVE = 0, QUOLL_DOMAIN_VM = 1 };

/* The largest capability list of a domain, in entries. */
enum { QUOLL_CAPABILITIES_MAX = 1024 };

/*
 * Address-space numbers are 255 for the whole system, and who takes many must leave some: so many stay for pools that
 * have fewer domains than this, those in pools inside them included.
 */
enum { QUOLL_DOMAINS_KEPT = 128, QUOLL_POOL_DOMAINS_SURE = 2 };

/* Priorities: 0 is the lowest, 255 the highest. */
enum { QUOLL_PRIORITY_COUNT = 256 };

/* A budget keeps between 1 and this many replenishments. */
enum { QUOLL_REPLENISHMENTS_MAX = 16 };

/* A deadline in ticks of the system counter (CNTPCT_EL0); this one never comes. */
#define QUOLL_FOREVER UINT64_MAX

/* Attributes of a mapping, for domain_map. The rights asked for must be a subset of the memory capability's. */
enum quoll_map_attributes {
    QUOLL_MAP_READ = 1 << 0,
    QUOLL_MAP_WRITE = 1 << 1,
    QUOLL_MAP_EXECUTE = 1 << 2,  /* never together with QUOLL_MAP_WRITE, except in a VM domain */
    QUOLL_MAP_UNCACHED = 1 << 3, /* Normal non-cacheable; device memory is always Device-nGnRE */
};

/* Address spaces are 39 bits wide. */
#define QUOLL_ADDRESS_LIMIT (UINT64_C(1) << 39)

/* Kinds of memory, as memory_status answers them in x1. */
enum quoll_memory_kind {
    QUOLL_MEMORY_RAM = 0,
    QUOLL_MEMORY_DEVICE = 1,
    QUOLL_MEMORY_IMAGE = 2 /* part of the boot image */
};

/* For pool_power. */
enum quoll_power_action { QUOLL_POWER_OFF = 0, QUOLL_POWER_RESET = 1 };

/* For interrupt_bind. */
enum quoll_trigger { QUOLL_TRIGGER_LEVEL = 0, QUOLL_TRIGGER_EDGE = 1 };

/* thread_status answers one of these in x0. */
enum quoll_thread_state {
    QUOLL_THREAD_NEW = 0,          /* never started */
    QUOLL_THREAD_READY = 1,        /* running, or would if it had the core */
    QUOLL_THREAD_WAITING = 2,      /* in reply_wait */
    QUOLL_THREAD_NOTIFICATION = 3, /* in notification_wait */
    QUOLL_THREAD_CALLING = 4,      /* its call is being served */
    QUOLL_THREAD_QUEUED = 5,       /* its call waits for a busy server */
    QUOLL_THREAD_WFI = 6,          /* a vCPU that waits for an interrupt */
    QUOLL_THREAD_SUSPENDED = 7,
    QUOLL_THREAD_FAULTED = 8,
};

/* Indices for thread_read_registers. */
enum quoll_register_index {
    QUOLL_REGISTER_SP = 31,
    QUOLL_REGISTER_PC = 32,
    QUOLL_REGISTER_PSTATE = 33,
    QUOLL_REGISTER_TPIDR = 34,
    QUOLL_REGISTER_COUNT = 35
};

/* Why a native thread was suspended: x1 of notification_take_fault. */
enum quoll_fault_reason {
    QUOLL_FAULT_READ = 1,        /* data abort on a load */
    QUOLL_FAULT_WRITE = 2,       /* data abort on a store */
    QUOLL_FAULT_EXECUTE = 3,     /* instruction abort */
    QUOLL_FAULT_ALIGNMENT = 4,   /* pc, sp or data alignment */
    QUOLL_FAULT_INSTRUCTION = 5, /* undefined, trapped or privileged instruction */
    QUOLL_FAULT_BREAKPOINT = 6,  /* brk, single step, watchpoint */
    QUOLL_FAULT_CALL = 7,        /* svc with another immediate than 1 */
    QUOLL_FAULT_IMPRECISE = 8,   /* SError */
    QUOLL_FAULT_PAGER = 9,       /* the pager of this memory is dead or could not be called */
    QUOLL_FAULT_VCPU = 10,       /* the vCPU's state page or exit portal is gone, or its exit could not be delivered */
};
