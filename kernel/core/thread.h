/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A thread: registers, priority, core. With a `vcpu` it is a virtual CPU.
 *
 * Who waits for whom is a forest: `callee` points from a caller to the server that serves it or has it queued.
 * Budgets are not handed along: a thread that owns a budget stays in its core's run queue while its call is served,
 * and when the scheduler picks it, it follows `callee` to the end and runs whom it finds there, on the picked
 * thread's time (schedule.c). That one rule is donation, priority inheritance and helping after exhaustion.
 */
#pragma once

#include "arch_types.h"
#include "core.h"
#include "list.h"
#include "object.h"
#include "ordered_set.h"
#include "timer.h"

enum { CHAIN_MAX = 8 }; /* links of a chain of calls */

/* One byte each: struct thread has them where they are compared together. */
#define IN_ONE_BYTE __attribute__((packed))

enum IN_ONE_BYTE thread_state {
    THREAD_READY,        /* has something to execute */
    THREAD_NEW,          /* never started, or stopped by its VMM */
    THREAD_WAITING,      /* in reply_wait */
    THREAD_NOTIFICATION, /* in notification_wait */
    THREAD_CALLING,      /* served by callee */
    THREAD_QUEUED,       /* in callee->queue */
    THREAD_WFI,          /* vCPU without anything pending */
};

/* What a call in flight stands for, so that its reply reaches the right place. */
enum IN_ONE_BYTE call_kind { CALL_MESSAGE, CALL_EXIT, CALL_PAGE };

/* Where a budget's owner stands. */
enum IN_ONE_BYTE run_place {
    PLACE_NONE,      /* nothing to run */
    PLACE_RUNNING,   /* in no list: it is core->payer, woken before everybody in the queues (preempt.h) */
    PLACE_READY,     /* core->queue[priority] */
    PLACE_STALLED,   /* `stalled` of the thread at the end of its chain, or core->revived */
    PLACE_EXHAUSTED, /* in no list: whatever it does, there is no time for it until its budget's timer expires */
};

/*
 * What else a wait is about. The timer of a deadline stays in the queue when a call ends the wait, and does nothing
 * when it expires: a server that waits with the same deadline again finds it there.
 */
enum {
    WAIT_NO_CALLER = 1 << 0,
    WAIT_DEADLINE = 1 << 1,
    WAIT_SAME_DEADLINE = 1 << 7, /* that of the wait before: calls go the short way all the same */
};

struct fault_record {
    uint64_t reason; /* enum quoll_fault_reason */
    uint64_t pc, address, syndrome;
};

/*
 * Protection: everything belongs to thread->core, except object, domain and the slots (capability lock). What short
 * paths touch comes first, within reach of their instructions (arch/aarch64/offsets.c).
 */
struct thread {
    struct object object;

    /* condition: eight bytes that say at once whether a call or a reply needs nothing but registers moved */
    enum thread_state state;
    bool suspended;
    bool faulted;
    enum call_kind call_kind; /* while CALLING or QUEUED; otherwise CALL_MESSAGE */
    uint8_t core_number;      /* core->number */
    bool is_vcpu;             /* its registers are a guest's */
    bool imprecise;           /* it caused an SError that was seen after it stopped running; told when it runs next */
    uint8_t wait;             /* while WAITING or NOTIFICATION: WAIT_*; last: its top bit can be left out */

    struct core *core;
    struct domain *domain;
    struct slot *capabilities; /* of the domain, which outlives the thread */
    uint64_t capability_count;
    struct budget *budget; /* that it owns */
    bool orphan;           /* as a server: at a call whose caller is gone */
    bool notified_last;    /* as a server: its last reply_wait returned a notification: a caller goes first now */
    uint8_t depth;         /* links above it: the longest chain of threads that wait for it */
    bool passive;          /* it owns no budget */
    enum run_place place;  /* as a budget's owner */
    bool fault_pending;    /* `fault` says what it is to be suspended for before it executes again */
    uint8_t priority;      /* its own */

    /* as a caller */
    struct thread *callee;
    struct portal *called;            /* the portal of the call in flight */
    uint32_t send_index, send_rights; /* while QUEUED: the capability that goes along; 0: none */
    uint64_t receive_index;           /* while CALLING, QUEUED or WAITING: where one may be put; 0: refused */

    /* as a server */
    struct thread *serving;     /* whose call it is at */
    struct ordered_set callers; /* queued, the highest priority first */
    struct slot bound;          /* native: taken by reply_wait; vCPU: its virtual interrupts */

    struct arch_thread arch;

    struct vcpu *vcpu;      /* null for a native thread */
    uint8_t priority_limit; /* the most it may give to itself and to threads it makes */
    struct list in_domain;  /* in domain->threads */

    struct slot budget_reference;
    struct list in_queue;           /* in the list that `place` says */
    struct slot call;               /* while QUEUED: derived from the capability it called through */
    struct ordered_node in_callers; /* while QUEUED: in callee->callers */
    uint64_t call_label;            /* while QUEUED: what x8 will be */
    uint64_t words[8];              /* while QUEUED with CALL_EXIT or CALL_PAGE: the words, which no register holds */
    struct list stalled;            /* budget owners that were picked and found this thread unable to run */
    uint8_t stalled_top;            /* none of them has a higher priority */

    /* notifications, deadlines, faults */
    struct notification *awaited; /* while THREAD_NOTIFICATION */
    struct timer deadline;
    struct slot supervisor;    /* label: flags to raise */
    uint64_t supervisor_label; /* what take_fault calls this thread */
    struct list in_faults;     /* in the supervisor notification's list of faults */
    struct fault_record fault;
};

struct thread *thread_create(struct pool *pool, struct domain *domain, struct core *core, uint8_t priority,
                             uint8_t priority_limit);

/* The register that carries a word of a message, or x8. */
static inline uint64_t *thread_word(struct thread *thread, unsigned index)
{
    return &thread->arch.frame->x[index];
}

/* The condition as one word, least significant byte first. */
static inline uint64_t thread_condition(const struct thread *thread)
{
    typedef uint64_t __attribute__((may_alias)) word;

    static_assert(offsetof(struct thread, state) % 8 == 0 &&
                      offsetof(struct thread, core) == offsetof(struct thread, state) + 8,
                  "the condition is one word");
    return *(const word *)(const void *)&thread->state;
}

/* The same, as if it were a native thread's. */
static inline uint64_t thread_condition_native(const struct thread *thread)
{
    return thread_condition(thread) &
           ~(UINT64_C(0xff) << 8 * (offsetof(struct thread, is_vcpu) - offsetof(struct thread, state)));
}

/* That of a native thread of this core in that state, of which there is nothing else to say. */
static inline uint64_t thread_plain(const struct core *core, enum thread_state state)
{
    return (uint64_t)state | (uint64_t)(core - cores)
                                 << 8 * (offsetof(struct thread, core_number) - offsetof(struct thread, state));
}

/* Nothing keeps it from executing. */
static inline bool thread_can_run(const struct thread *thread)
{
    return thread->state == THREAD_READY && !thread->suspended && !thread->faulted;
}

/* Suspend a thread that did what it may not: ends the call it serves, tells its supervisor. */
void thread_fault(struct thread *thread, enum quoll_fault_reason reason, uint64_t address, uint64_t syndrome);
/* The same before it executes next; for whoever may stand in the middle of something. */
void thread_fault_later(struct thread *thread, enum quoll_fault_reason reason, uint64_t address, uint64_t syndrome);

/* End its reply_wait with this x8. */
void thread_finish_wait(struct thread *thread, uint64_t x8);

/* Its wait is over: it can execute again. */
void thread_wake(struct thread *thread);

/* Take the thread out of whatever it waits for or is queued at; afterwards its state is THREAD_READY. */
void thread_cancel_wait(struct thread *thread);

enum progress thread_destroy_step(struct thread *thread);

/* The slot of this use was emptied from outside. */
void thread_supervisor_lost(struct thread *thread);
void thread_budget_lost(struct thread *thread);
