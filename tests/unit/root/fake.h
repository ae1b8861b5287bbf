/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel as root sees it: slots that hold objects of pools, calls that can be made to fail; and a plan of two
 * components and their channels.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/root/build.h"
#include "services/root/log.h"
#include "services/root/report.h"
#include "services/root/requests.h"
#include "services/root/supervise.h"

enum { SERVER = 0, CLIENT = 1, FAKE_RAM = 64 * 1024 * 1024, FAKE_TRACE_SIZE = 0x41000 };

/* Objects of the plan. */
enum {
    O_ROOT_PORTAL,
    O_SHARED,
    O_ROOT_NOTIFICATION,
    O_SERVER_POOL,
    O_SERVER_DOMAIN,
    O_SERVER_THREAD,
    O_SERVER_BUDGET,
    O_SERVER_NOTIFICATION,
    O_SERVER_PORTAL,
    O_SERVER_DEVICE,
    O_SERVER_INTERRUPT,
    O_CLIENT_POOL,
    O_CLIENT_DOMAIN,
    O_CLIENT_THREAD,
    O_CLIENT_BUDGET,
    O_CLIENT_NOTIFICATION,
    O_CLIENT_MEMORY,
    O_CLIENT_MODULE,
    O_TRACE,
    O_COUNT,
};

struct fake {
    uint64_t now; /* ticks; a tick is a ns */
    int fail_at;  /* the call with this number fails; -1: none */
    enum quoll_error fail_with;
    int calls;
    unsigned slots;     /* capabilities that root holds of what it made */
    uint64_t raised[2]; /* flags at the two components */
    uint64_t priority;  /* root's own, as last set */
    uint64_t lowest;    /* the least it ever set */
    uint64_t faults;    /* records that wait */
    struct fault fault;
    uint64_t registers[QUOLL_REGISTER_COUNT];
    bool powered_off;
    unsigned deletes;              /* of capabilities that root received */
    enum quoll_error shown_status; /* of a thread that was shown */
    uint64_t overruns;             /* of every budget */
    unsigned mints;                /* capabilities copied to components */
    unsigned starts, suspends;
    uint64_t started_at;    /* pc, the last time */
    uint64_t told_before;   /* flags that were up at the server when a pool was destroyed */
    uint64_t priority_then; /* and root's priority */
    unsigned unmaps;
    unsigned busy;      /* times that the server is found at work */
    unsigned pauses;    /* waits of root for a moment */
    bool without_trace; /* the kernel keeps none */
    uint64_t trace_mapped;
    uint64_t code_made, code_mapped; /* bytes of the server's code: in its object, into its domain */
};

extern struct fake fake;
extern uint64_t fake_stack[2048]; /* what root sees of a component's stack */

/* A new kernel, and root with a fresh plan, as main.c prepares it. */
int fake_setup(void **state);
struct plan_header *fake_plan(uint64_t *size);
int fake_teardown(void **state);

/* From here on the server has RIGHT_DMA on the client's memory. */
void fake_reaches(void);

/* Everything that the log holds; valid until the next call. */
const char *fake_log(void);

int test_parts(void);
int test_plan(void);
int test_systems(void);
int test_format(void);
