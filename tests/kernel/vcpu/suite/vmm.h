/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Guests for tests: made from TEST_POOL, run while the test waits for their exits.
 */
#pragma once

#include "abi/vcpu.h"
#include "tests/kernel/harness/harness.h"

enum { GUEST_MAX = 2, GUEST_PRIORITY = 100 };

/*
 * The kernel has a short way for exits to a VMM that waits without a new deadline, and for its replies without flags.
 * Set between tests: guest_next waits so, and another thread watches the time.
 */
extern bool guest_short_way;
/* For a wait that shall end after that long: what to wait with. */
uint64_t guest_deadline(uint64_t ticks);

/* Capability indices of guest n: + n * GUEST_CAPABILITIES. */
enum guest_capability {
    GUEST_THREAD = TEST_FREE,
    GUEST_DOMAIN,
    GUEST_RAM,
    GUEST_STATE,
    GUEST_PORTAL,
    GUEST_BUDGET,
    GUEST_CAPABILITIES = 8,
    SCRATCH = TEST_FREE + GUEST_MAX * GUEST_CAPABILITIES, /* first index that tests use besides */
};

#define GUEST_BASE       UINT64_C(0x40000000) /* of its RAM, 2 MiB, routines first */
#define GUEST_LOG_OFFSET UINT64_C(0x80000)    /* guest.S */
#define GUEST_STACK      (GUEST_BASE + 0x100000)
#define GUEST_DEVICE     UINT64_C(0x09000000) /* nothing is mapped there */
enum { EL1H_MASKED = 0x3c5, EL1T_MASKED = 0x3c4, EL0T_MASKED = 0x3c0, AARCH32_USER = 0x10 };

/* Routines of guest.S. */
extern const uint8_t guest_begin[], guest_end[], guest_exit[], guest_call[], guest_smc[], guest_level[],
    guest_identity[], guest_access[], guest_store_load[], guest_execute[], guest_take_interrupts[],
    guest_wait_interrupts[], guest_keep_active[], guest_timer[], guest_timer_moved[], guest_float[], guest_mess[],
    guest_share[], guest_aarch32[], guest_look[], guest_ring[];

/* An exit, or why there was none. */
struct exit {
    enum quoll_kind kind;
    uint64_t label; /* which guest, for MESSAGE */
    uint64_t reason, syndrome, address, value, pc, fault;
    uint64_t flags; /* NOTIFICATION */
};

/* Capability `index` (enum guest_capability) of guest n. */
static inline uint32_t guest_capability(unsigned n, unsigned index)
{
    return index + n * GUEST_CAPABILITIES;
}

/* Makes guest n with a vCPU that was not started. */
void guest_make(unsigned n);
/* All but the vCPU, its budget and supervisor. */
void guest_make_parts(unsigned n);
/* Thread and supervisor; without a budget it may run but does not. */
void guest_make_vcpu(unsigned n);
/* A budget of 40 % of the core. */
void guest_pay(unsigned n);
volatile struct quoll_vcpu_state *guest_state(unsigned n);
volatile uint64_t *guest_log(unsigned n);

/* Where a routine lies for the guest. */
uint64_t guest_address(const uint8_t *routine);
/* pc and pstate at a routine; nothing runs yet. */
void guest_set(unsigned n, const uint8_t *routine, uint64_t pstate);
/* Start the vCPU; once. */
void guest_start(unsigned n);
/* guest_set with EL1h and guest_start. */
void guest_begin_at(unsigned n, const uint8_t *routine);

/* Answer the exit that is being served, if any, and wait for the next message or notification, two seconds at most. */
struct exit guest_next(void);
struct exit guest_next_within(uint64_t ticks);
/* What the next answer says besides. */
void guest_answer(uint64_t flags, uint64_t interrupt, uint64_t state, uint64_t mask);
/* guest_next, expecting `hvc #0` of guest n. */
void guest_expect_done(unsigned n, int line);
#define EXPECT_DONE(n) guest_expect_done(n, __LINE__)
/* guest_next, expecting this exit; pc moves on over its instruction. */
struct exit guest_expect_exit(enum quoll_exit_reason reason, int line);
#define EXPECT_EXIT(reason) guest_expect_exit(QUOLL_EXIT_##reason, __LINE__)

/* Stop the guest whose exit is being served, so that nothing of it is left to serve. */
void guest_release(void);

/* A test that may leave an exit unanswered. */
#define GUEST_TEST(function)                 \
    static void function##_and_release(void) \
    {                                        \
        function();                          \
        guest_release();                     \
    }
#define RELEASED(function)                \
    {                                     \
#function, function##_and_release \
    }

void test_exits(void);
void test_state(void);
void test_interrupts(void);
void test_timers(void);
void test_calls(void);
void test_garbage(void);
