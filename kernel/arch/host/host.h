/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The machine that the fake architecture pretends to be: RAM at a fixed address, a clock that stands still until a test
 * moves it, and counts of everything that would be an instruction.
 *
 * This file includes nothing of kernel/core: arch_inline.h needs it first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_RAM_BASE    UINT64_C(0x40000000)
#define HOST_RAM_SIZE    (UINT64_C(64) << 20)
#define HOST_DEVICE_BASE UINT64_C(0x09000000) /* never touched */
#define HOST_DEVICE_SIZE UINT64_C(0x00200000)
enum { HOST_LINES = 256, HOST_CONSOLE_BYTES = 8192 };

enum host_line { HOST_LINE_ENABLED = 1, HOST_LINE_EDGE = 2 };

struct host {
    /* set by tests */
    uint64_t counter;
    unsigned preempt_every;  /* every n-th preemption point finds an interrupt waiting; 0: never */
    unsigned preempt_chance; /* as one of so many does, at random; 0: none */
    uint32_t random;         /* the state behind that */
    unsigned vmid_count;
    unsigned fault_in; /* the n-th check or allocation from now on fails; 0: none, or it did */
    void (*panic)(const char *file, int line, const char *what); /* must not return; null: abort */

    /* what the kernel did */
    uint64_t preemption_points;
    uint64_t timer; /* when the timer would interrupt */
    uint64_t table_barriers;
    uint64_t tlb_pages_flushes, tlb_pages; /* calls, and addresses in all of them */
    uint64_t tlb_space_flushes;
    uint64_t cache_cleans;
    uint64_t zeroed_bytes;
    uint64_t completed;       /* interrupts deactivated */
    uint8_t line[HOST_LINES]; /* enum host_line */
    int power;                /* enum quoll_power_action; -1: never asked */
    size_t console_length;
    char console[HOST_CONSOLE_BYTES];
};

extern struct host host;

/* RAM full of a pattern that is not zero, counts at zero, one core that is not set up. */
void host_reset(void);
