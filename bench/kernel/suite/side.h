/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sides of a measurement: each a domain of its own with one thread that executes one of programs.S. A side and the
 * suite share its block and log, sides share nothing but what a measurement gives them.
 */
#pragma once

#include "layout.h"
#include "tests/kernel/harness/harness.h"

enum {
    WARM_UP = 16, /* rounds that do not count */
    SAMPLES = 64, /* rounds that do */
    ROUNDS = WARM_UP + SAMPLES,
    CROWD_FIRST = 8, /* sides from here on are the crowd's */
    CROWD_MAX = 100,
    LOG_MAX = 768, /* pairs that fit */
    SIDE_SIZE = 4 * TEST_PAGE,
    SIDE_LIST = 8,
    SIDE_PRIORITY = 100, /* of who is called or woken; who calls or raises has a lower one */
};

#define CODE_ADDRESS UINT64_C(0x10000)  /* of the programs, in a side's domain */
#define DATA_ADDRESS UINT64_C(0x20000)  /* of its block */
#define SIDE_TIME    (500 * TICKS_MS)   /* of a side's budget */
#define RTC_ADDRESS  UINT64_C(0x400000) /* of the alarm, where it is mapped */

/* Capability indices of side n: + n * SIDE_CAPABILITIES. */
enum side_capability {
    SIDE_THREAD = TEST_FREE,
    SIDE_DOMAIN_OF,
    SIDE_DATA,
    SIDE_BUDGET,
    SIDE_PORTAL,
    SIDE_BELL,
    SIDE_STATE, /* of a guest */
    SIDE_CAPABILITIES = 8,
    CROWD_POOL = 81,
    CODE = 90, /* the programs */
    DONE,
    SIDE_SPARE, /* what single measurements use */
};

/* What a side's program reads and writes; its log of pairs lies on the next pages. */
struct block {
    uint64_t x[13]; /* of its call */
    uint64_t rounds, answer, rtc;
    uint64_t then[10]; /* x0..x9 of its second call */
    uint64_t answer_then;
    uint64_t state; /* where a VMM finds its guest's state page */
};

struct pair {
    uint64_t before, after;
};

extern const char programs[], programs_end[], program_call[], program_call_fp[], program_call_then[], program_touch[],
    program_pager[], program_alarm[], program_alarm_again[], program_alarm_read[], program_alarm_end[],
    program_driver[], program_vmm[];

uint32_t side_capability(unsigned n, unsigned index);
volatile struct block *side_block(unsigned n);
/* Pair i of the side's log. */
struct pair side_log(unsigned n, unsigned i);
/* Of program_call_then, which logs two pairs a round: the first, and the second, call of round i. */
struct pair side_log_first(unsigned n, unsigned i);
struct pair side_log_then(unsigned n, unsigned i);

/* The programs in memory, and the notification DONE; before the first side. */
void sides_begin(void);

/*
 * Makes side n with a thread of this priority, not started, on a budget of its own: little of the core in a long
 * period, so that it is never spent and the suite keeps its own.
 */
void side_make(unsigned n, uint8_t priority);
/* Without a budget. */
void side_make_passive(unsigned n, uint8_t priority);
/* Domain and block of side n, without a thread; of either kind (enum quoll_domain_kind). */
void side_make_domain(uint32_t pool, unsigned n, unsigned kind);
/* Thread of side n gets a budget of so many ticks in a long period. */
void side_make_budget(uint32_t pool, unsigned n, uint64_t time);
/* Copies the suite's capability to an index of the side's list. */
void side_give(unsigned n, uint32_t destination, uint32_t source);
/* Index SIDE_TARGET of side n becomes the portal of side `server`. */
void side_connect(unsigned n, unsigned server);
/* Makes a portal into side n, and a notification bound to it. */
void side_make_portal(unsigned n);
void side_make_bell(unsigned n, bool bound);
/* The call that program_call makes, ROUNDS times: words 1, 2, ... */
void side_set_call(unsigned n, uint64_t call, uint64_t capability);
/* The second call of program_call_then, with this first word. */
void side_set_then(unsigned n, uint64_t call, uint64_t capability, uint64_t word);
void side_start(unsigned n, const char *program);
/* The same, and lets it run until it waits for a message: a new budget's time may be some milliseconds away. */
void side_start_server(unsigned n, const char *program);
/* Lets the sides run until one of them has done its rounds. */
void sides_run(void);

/* `count` more domains, each with a thread on a budget of its own that waits in reply_wait with a bound notification.
 */
void crowd_make(unsigned count);
