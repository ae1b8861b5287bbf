/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A model of the call interface, written from docs/reference/calls.md and abi/: objects, capabilities as a tree of
 * copies, what each call refuses, what it does to all that others can see. It has no queues to run from, no tables, no
 * memory of its own to run out of, and does everything at once. What the manual leaves to the kernel it is told
 * (lockstep.c): who runs, which of several queued callers is next, when a budget ran out, whether a pool had a block.
 *
 * A call is looked at twice: first it collects all errors whose conditions hold (the kernel has to answer one of them),
 * and if there are none and the kernel says OK, it is done.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/calls.h"
#include "abi/message.h"
#include "abi/vcpu.h"

enum {
    MODEL_OBJECTS = 4096,
    MODEL_SLOTS = 65536,
    MODEL_VCPUS = 64,
    MODEL_MATCHES = 64,
    MODEL_CHAIN = 8,
    MODEL_SAVED = 2048,
    MODEL_COPIES = 2
};

/* A mapping is an object that nobody can name. */
enum { MODEL_MAPPING = QUOLL_TYPE_COUNT };

enum model_use {
    USE_CAPABILITY,
    USE_CALL,
    USE_BOUND,
    USE_SUPERVISOR,
    USE_BUDGET,
    USE_SERVER,
    USE_PARENT,
    USE_REPORT,
    USE_LINE,
    USE_PAGER,
    USE_EXIT,
    USE_STATE,
    USE_MATCH,
};

struct model_slot {
    struct model_object *object; /* null: empty */
    uint64_t label;
    unsigned rights, depth; /* depth: copies from the first capability */
    enum model_use use;
    struct model_object *holder; /* domain, or whose reference it is */
    /* the tree of copies, the youngest child first */
    struct model_slot *parent, *child, *older, *younger;
    /* all that name the object */
    struct model_slot *next, *previous;
};

struct model_interrupt_state {
    bool enabled, latched, line, active, level, group1;
    unsigned priority;
};

struct model_match {
    bool used, write, notify;
    uint64_t address, size, value;
    struct model_slot notification;
};

struct model_vcpu {
    struct model_slot exit, state;
    bool page; /* the state page is there */
    uint64_t base;
    uint64_t again; /* flags raised once more while their interrupt was pending: kept for later, they may come twice */
    uint64_t reg[QUOLL_VCPU_REGISTER_COUNT];
    struct model_interrupt_state interrupt[QUOLL_VIRQ_COUNT];
    struct model_match match[MODEL_MATCHES];
};

enum model_state { NEW, READY, WAITING, NOTIFICATION, CALLING, QUEUED, WFI };
enum model_kind { KIND_MESSAGE, KIND_EXIT, KIND_PAGE };

struct model_thread {
    struct model_object *domain;
    enum model_state state;
    bool suspended, faulted;
    unsigned priority, limit;
    struct model_vcpu *vcpu;
    uint64_t pc, sp;

    /* registers as they have to be when it goes on: bit n of `known` for x0..x8; bit 9: x9..x18 are zero */
    uint64_t x[9];
    unsigned known;
    uint64_t also; /* its call may have ended with this error, too; 0: no */
    bool fresh;    /* not compared since they changed */

    struct model_object *callee, *called; /* thread, portal */
    unsigned lent;                        /* while it is queued: its place in the queue */
    enum model_kind kind;
    uint64_t words[8], call_label;
    uint64_t send_index, send_rights, receive_index;
    struct model_object *serving;
    bool orphan, notified_last, no_caller;
    struct model_object *awaited;
    uint64_t deadline;

    struct model_slot call, bound, supervisor, budget;
    uint64_t supervisor_label;
    bool pending; /* it faults before it executes again */
    uint64_t reason, address, syndrome, fault_pc;
    uint64_t record; /* its place in the order of all records; 0: none waits */
};

struct model_object {
    unsigned type;
    bool alive, permanent, doomed;
    struct model_object *pool;
    void *real; /* the kernel's */
    struct model_slot *names;
    union {
        struct {
            uint64_t base, size;
            struct model_object *within; /* memory that it was carved or donated from */
            unsigned nested;             /* memories above */
            unsigned depth;              /* pools above */
            uint64_t extra;              /* objects since boot that the model has no need to know */
            unsigned kind, states;
            bool shared; /* was the state page of two vCPUs at once */
        } range;         /* pool, memory */
        struct {
            unsigned kind, count;
            struct model_slot *slots;
            struct model_slot pager;
            uint64_t pager_base, pager_size;
        } domain;
        struct {
            struct model_object *domain, *memory;
            uint64_t address, offset, size, attributes;
        } mapping;
        struct {
            uint64_t time, period, share, overruns;
            struct model_object *owner;
            struct model_slot parent, report;
        } budget;
        struct {
            struct model_slot server;
        } portal;
        struct {
            uint64_t pending;
            struct model_object *bound, *waiter;
        } notification;
        struct {
            uint64_t line;
            struct model_slot notification;
        } interrupt;
        struct model_thread thread;
    };
};

struct model_call {
    struct model_object *thread;
    struct model_slot *slot; /* acted on; null: self */
    struct model_object *object;
    uint64_t x[13]; /* registers as they were */
    struct model_slot *capability[6];
    uint32_t refusals; /* bit n: error n is right */
    uint32_t may;      /* errors that the manual allows though the model cannot tell whether they are due */
    bool only;         /* nothing is added to `refusals` any more: it comes first */
    bool commit;
    struct model_object *next; /* told: the queued caller that the kernel took */
    bool blocks;               /* after commit: there is no answer yet */
    bool uncertain;            /* the manual does not say what comes of it */
};

struct model {
    struct model_object *object; /* [MODEL_OBJECTS] */
    unsigned count;
    uint64_t now;
    struct model_object *payer; /* told: whose budget whoever runs uses; null: nobody's */
    uint64_t records;           /* given out */

    /* the last look at the time that all budgets had used by then, when there was one since a budget went */
    uint64_t used, looked;
    bool timed;

    unsigned raised; /* times that flags were raised since this was set to 0 */
    unsigned vcpus;  /* made */
};

extern struct model model;

/* objects.c */
void model_reset(void);
bool model_full(void);
/* Keep a small model without vCPUs as it is, and have it back. */
void model_save(unsigned copy);
void model_load(unsigned copy);
struct model_object *model_new(unsigned type, struct model_object *pool);
struct model_slot *model_new_slots(unsigned count, struct model_object *domain);
struct model_object *model_find(const void *real);
void model_first(struct model_slot *slot, struct model_object *object, uint64_t label);
bool model_deepest(const struct model_slot *slot); /* no copy can be made of it */
void model_derive(struct model_slot *slot, struct model_slot *source, unsigned rights, uint64_t label);
void model_clear(struct model_slot *slot);
void model_refer(struct model_slot *slot, struct model_slot *source, uint64_t label, struct model_object *holder,
                 enum model_use use);
void model_revoke(struct model_slot *slot);
void model_destroy(struct model_object *object);
bool model_below(const struct model_object *pool, const struct model_object *above);
/* Does the end of `object` end the thread? */
bool model_holds(struct model_object *object, const struct model_object *thread);

/* calls.c */
void model_dispatch(struct model_call *call);
static inline void model_refuse(struct model_call *call, bool condition, enum quoll_error error)
{
    if (condition && !call->only)
        call->refusals |= 1u << error;
}
struct model_slot *model_slot_at(struct model_object *domain, uint64_t index);
/* An index of the caller's list that has to be empty; comes before all other arguments. */
void model_destination(struct model_call *call, uint64_t index);
static inline void model_result(struct model_call *call, unsigned index, uint64_t value)
{
    call->thread->thread.x[index] = value;
}
static inline void model_unknown(struct model_call *call, unsigned index)
{
    call->thread->thread.known &= ~(1u << index);
}
#define CALL(number, object, name, ...) void model_##object##_##name(struct model_call *call);
#include "abi/calls.def"
#undef CALL

/* threads.c */
void model_answer(struct model_object *thread, uint64_t x8); /* its call is over */
/* Links of the longest chain of threads that wait for this one. */
unsigned model_links_above(const struct model_object *thread);
bool model_can_run(const struct model_object *thread);
bool model_paid(const struct model_object *thread);
void model_raise(struct model_object *notification, uint64_t flags);
void model_raise_slot(const struct model_slot *slot, uint64_t flags);
void model_fault(struct model_object *thread, uint64_t reason, uint64_t address, uint64_t syndrome);
void model_memory_fault(struct model_object *thread, uint64_t reason, uint64_t address, uint64_t syndrome);
void model_timeout(struct model_object *thread);
void model_fail_call(struct model_object *caller, enum quoll_error error);
void model_abandon_call(struct model_object *caller);
void model_end_service(struct model_object *server, enum quoll_error error);
void model_budget_lost(struct model_object *thread);
/* A call that the kernel makes in its name; false: it cannot be made. */
bool model_send(struct model_object *caller, struct model_slot *slot, const uint64_t words[8], enum model_kind kind);

/* vcpus.c */
struct model_vcpu *model_new_vcpu(void);
void model_exit(struct model_object *thread, uint64_t reason, uint64_t syndrome, uint64_t address, uint64_t value);
void model_reply_exit(struct model_object *thread, const uint64_t words[8]);
void model_raise_interrupts(struct model_object *thread, uint64_t flags);
/* A flag that was raised twice came for the second time. False: it was not, or that is pending anyway. */
bool model_raised_again(struct model_object *thread, unsigned interrupt);
/* Must WFI end, or not begin; can it? (interrupts that are active and pending are left to the kernel) */
bool model_interrupt_pending(const struct model_object *thread, bool also_active);
void model_state_lost(struct model_object *thread);
void model_vcpu_gone(struct model_object *thread);
