/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A booted kernel on the fake machine, and programs that are nothing but registers: a test makes calls in the name of
 * whoever the kernel has chosen to run.
 *
 *   root    runs first, at ROOT_PRIORITY, with the boot capabilities; `note` is its notification
 *   program a domain with a thread, and with a budget and notification of its own unless it is passive
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/boot_info.h"
#include "abi/calls.h"
#include "abi/message.h"
#include "arch.h"
#include "budget.h"
#include "calls.h"
#include "core.h"
#include "domain.h"
#include "interrupt.h"
#include "memory.h"
#include "notification.h"
#include "pool.h"
#include "portal.h"
#include "schedule.h"
#include "thread.h"
#include "timer.h"

enum {
    ROOT_PRIORITY = 250,
    ROOT_CAPABILITIES = 1024,
    PROGRAM_CAPABILITIES = 64,
    /* Indices of a program's own list. */
    OWN_NOTIFICATION = 4,
    OWN_FIRST = 16,
};

#define ROOT_SEGMENT UINT64_C(0x10000)
#define PLAN_ADDRESS UINT64_C(0x20000000)

struct program {
    unsigned domain, thread_index, budget, notification; /* in root's list; 0: none */
    struct thread *thread;
};

/*
 * Who follows what the machine does, beside it (tests/fuzz/lockstep.c). `call` and `answer` stand around a call of the
 * current thread: its registers hold what it asks, then what was answered; `pieces` is how often it was made, and
 * `lost` that it was not done when another thread got the core. `left` comes whenever the kernel has chosen who runs.
 */
struct observer {
    void (*booted)(void);
    void (*call)(struct thread *thread);
    void (*answer)(struct thread *thread, unsigned pieces, bool lost);
    void (*left)(void);
    void (*stopping)(void); /* all that root made is about to end */
};
extern const struct observer *observer; /* null: nobody */

/* A freshly booted machine, root running, its own notification at index `note` of its list. */
int machine_start(void **state);
/* Everything that root made ends; then nothing may be used but what was at boot. */
int machine_stop(void **state);
extern unsigned note;
extern struct core *const core;

/* An index of root's list that is still empty. */
unsigned fresh(void);

struct object *root_object(unsigned index);

/*
 * The current thread makes a call; interrupted ones are made again as long as the thread stays current. Then the kernel
 * chooses who runs. Answers the enum quoll_error in the caller's x8, which for a call that blocks means nothing.
 */
/* Waits that portal_wait did. */
extern unsigned short_waits;
uint64_t invoke(unsigned number, uint64_t capability, const uint64_t words[8]);
#define INVOKE(name, capability, ...) invoke(QUOLL_CALL_##name, capability, (const uint64_t[8]){__VA_ARGS__})

/* The same, and it has to succeed. */
#define EXPECT(name, capability, ...)        assert_int_equal(INVOKE(name, capability, __VA_ARGS__), QUOLL_OK)
#define REFUSE(error, name, capability, ...) assert_int_equal(INVOKE(name, capability, __VA_ARGS__), QUOLL_##error)

/* Result word of the last call of a thread. */
static inline uint64_t result(const struct thread *thread, unsigned index)
{
    return thread->arch.frame->x[index];
}

/* Root, wherever the machine is, takes over; and lets go. */
void root_run(void);
void root_rest(void);
struct thread *root_thread(void);

/* Root makes things. Each answers an index of root's list. */
unsigned make_pool(uint64_t size);
unsigned make_memory(uint64_t size);
unsigned make_domain(unsigned pool, enum quoll_domain_kind kind);
unsigned make_notification(unsigned pool);
unsigned make_budget(unsigned pool, uint64_t time, uint64_t period, unsigned replenishments);
unsigned make_portal(unsigned pool, const struct program *server, uint64_t label);
/* Ticks of budget in a period of the same length as root's; time 0: passive. Not started. */
struct program make_program(unsigned pool, unsigned priority, uint64_t time, uint64_t period);
void start_program(const struct program *program);
/* Copy a capability of root's list to a program's. */
void give(const struct program *program, unsigned index, unsigned source, uint64_t rights, uint64_t label);

/* Root makes a portal of the server and gives it to the client at `index`; answers the portal in root's list. */
unsigned connect(const struct program *client, unsigned index, const struct program *server, uint64_t label);
/* A program with a notification goes to sleep on it, and is woken. */
void sleep_now(const struct program *program);
void wake(const struct program *program);

/* The current thread calls or answers; flags of abi/message.h. */
uint64_t portal_call_now(unsigned index, uint64_t word, uint64_t flags, uint64_t send, uint64_t receive);
uint64_t reply_wait_now(uint64_t word, uint64_t flags, uint64_t send, uint64_t receive, uint64_t deadline);

#define assert_current(program) assert_ptr_equal(core->current, (program).thread)

/* Time passes, with every timer interrupt on the way. */
void advance(uint64_t ticks);

/* The line interrupts. */
void take_interrupt(uint32_t line);
/* Done once, instead of choosing who runs after the next call that is done: an interrupt that waits behind it. */
extern void (*behind_call)(void);
/* Just the choice of who runs, as at the end of any interrupt. */
void leave(void);

struct pool *root_pool(void);

int test_ordered_set(void);
int test_device_tree(void);
int test_pool(void);
int test_capability(void);
int test_memory(void);
int test_ipc(void);
int test_flight(void);
int test_budget(void);
int test_notification(void);
int test_vcpu(void);
int test_calls(void);
int test_random(void);
