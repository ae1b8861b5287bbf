/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rings, and what stands in each record.
 */
#include "trace.h"

#include "abi/message.h"
#include "arch.h"
#include "budget.h"
#include "calls.h"
#include "check.h"
#include "core.h"
#include "counters.h"
#include "domain.h"
#include "memory.h"
#include "notification.h"
#include "pool.h"
#include "portal.h"
#include "thread.h"
#include "trace_ring.h"
#include "vcpu.h"

static_assert(CORES_STARTED * sizeof(struct quoll_trace_ring) <= QUOLL_TRACE_SIZE, "a reader has room for all");

__attribute__((aligned(4096))) static struct quoll_trace_ring rings[CORES_STARTED];

/* What a core has to remember between two records. Protection: its own core. */
static struct visit {
    uint64_t entered; /* counter, when the kernel was entered */
    uint64_t since;   /* as counters_stretch has it: then, or at the last preemption point */
    uint64_t longest; /* stretch between two of these */
    uint32_t from;    /* who was interrupted */
    uint32_t running; /* of the last SWITCH */
    uint32_t payer;
    uint16_t entry; /* enum quoll_trace_entry */
    uint32_t cause; /* event << 16 | detail */
} visits[CORES_STARTED];

static uint32_t named(enum quoll_trace_kind kind, uint64_t label)
{
    return (uint32_t)kind << 24 | (uint32_t)(label & 0xffff);
}

/*
 * The trace's own time is no part of a stretch: every function of trace.h that records does so between these two, but
 * for the instructions that call it.
 */
static uint64_t pause(void)
{
    return counters_stretch();
}

static void go_on(uint64_t paused)
{
    visits[arch_core()->number].since += counters_stretch() - paused;
}

/* What a reader knows the thread by. */
static uint32_t name_of(const struct thread *thread)
{
    const struct portal *exit = NULL;

    if (thread == NULL)
        return QUOLL_TRACE_NOBODY;
    if (thread->object.permanent)
        return named(QUOLL_TRACE_ROOT, 0);
    if (thread->vcpu != NULL) {
        if (thread->vcpu->exit.object == NULL)
            return named(QUOLL_TRACE_UNKNOWN, 0);
        exit = container_of(thread->vcpu->exit.object, struct portal, object);
        return portal_server(exit) != NULL ? named(QUOLL_TRACE_VCPU, portal_server(exit)->supervisor_label)
                                           : named(QUOLL_TRACE_UNKNOWN, 0);
    }
    return thread->supervisor.object != NULL ? named(QUOLL_TRACE_COMPONENT, thread->supervisor_label)
                                             : named(QUOLL_TRACE_UNKNOWN, 0);
}

static void record(enum quoll_trace_event event, uint32_t thread, uint64_t detail, uint64_t a, uint64_t b)
{
    const struct core *core = arch_core();
    const struct quoll_trace_record r = {
        .time = arch_counter(),
        .event = (uint8_t)event,
        .core = (uint8_t)core->number,
        .detail = (uint16_t)detail,
        .thread = thread,
        .a = a,
        .b = b,
    };

    trace_ring_write(&rings[core->number], &r);
}

/* The last thing that the kernel was asked for, should its stretch be the longest. */
static void set_cause(enum quoll_trace_event event, uint64_t detail)
{
    visits[arch_core()->number].cause = (uint32_t)event << 16 | (uint16_t)detail;
}

void trace_boot(struct core *core, struct domain *root, struct pool *pool)
{
    struct memory *memory = pool_allocate_object(pool, sizeof(*memory), QUOLL_TYPE_MEMORY);
    struct slot *slot = domain_slot(root, BOOT_CAP_TRACE);
    struct quoll_trace_ring *ring = &rings[core->number];

    CHECK(memory != NULL && slot != NULL && slot->object == NULL);
    memory_init(memory, pointer_paddr(rings), sizeof(rings), QUOLL_MEMORY_IMAGE);
    memory->object.permanent = true;
    slot_set_first(slot, &memory->object, 0);
    slot->rights = QUOLL_RIGHT_READ;
    ring->version = QUOLL_TRACE_VERSION;
    ring->core = core->number;
    ring->records = QUOLL_TRACE_RECORDS;
    ring->unit = COUNTERS_STRETCH_UNIT;
    ring->magic = QUOLL_TRACE_MAGIC;
    record(QUOLL_TRACE_BOOT, QUOLL_TRACE_NOBODY, 0, 0, 0);
    trace_enter(core, QUOLL_TRACE_ENTRY_BOOT);
}

void trace_enter(struct core *core, unsigned entry)
{
    struct visit *visit = &visits[core->number];

    visit->longest = 0;
    visit->entered = arch_counter();
    visit->from = name_of(core->current);
    visit->entry = (uint16_t)entry;
    visit->cause = (uint32_t)QUOLL_TRACE_KERNEL << 16 | entry;
    visit->since = counters_stretch();
}

void trace_poll(void)
{
    struct visit *visit = &visits[arch_core()->number];
    uint64_t now = counters_stretch();

    if (now - visit->since > visit->longest)
        visit->longest = now - visit->since;
    visit->since = now;
}

void trace_leave(struct core *core, const struct thread *next)
{
    struct visit *visit = &visits[core->number];
    struct quoll_trace_ring *ring = &rings[core->number];
    uint32_t thread = QUOLL_TRACE_NOBODY;
    uint32_t payer = QUOLL_TRACE_NOBODY;

    trace_poll();
    if (next != NULL) {
        thread = name_of(next);
        payer = name_of(core->payer);
    }
    ring->visits++;
    if (visit->longest > ring->longest && visit->entry != QUOLL_TRACE_ENTRY_BOOT) {
        ring->longest = visit->longest;
        ring->longest_at = arch_counter();
        ring->longest_cause = visit->cause;
    }
    record(QUOLL_TRACE_KERNEL, visit->from, visit->entry, visit->entered, visit->longest);
    if (thread != visit->running || payer != visit->payer)
        record(QUOLL_TRACE_SWITCH, thread, 0, payer, visit->running);
    visit->running = thread;
    visit->payer = payer;
}

void trace_call(const struct thread *thread)
{
    const uint64_t *x = thread->arch.frame->x;
    uint64_t paused = pause();

    set_cause(QUOLL_TRACE_CALL, x[9]);
    record(QUOLL_TRACE_CALL, name_of(thread), x[9], x[8], x[9] >> 16);
    go_on(paused);
}

void trace_answer(const struct thread *thread, uint64_t number, int answer)
{
    uint64_t paused = pause();

    if (answer != ANSWER_BLOCKED)
        record(QUOLL_TRACE_ANSWER, name_of(thread), number, (uint64_t)(int64_t)answer, 0);
    go_on(paused);
}

void trace_deliver(const struct thread *server, const struct thread *caller, uint64_t label)
{
    uint64_t paused = pause();

    record(QUOLL_TRACE_DELIVER, name_of(server), caller->call_kind, name_of(caller), label & QUOLL_LABEL_MAX);
    go_on(paused);
}

void trace_queue(const struct thread *caller, const struct thread *server)
{
    uint64_t paused = pause();

    record(QUOLL_TRACE_QUEUE, name_of(caller), caller->call_kind, name_of(server), caller->call_label);
    go_on(paused);
}

void trace_reply(const struct thread *server, const struct thread *caller)
{
    uint64_t paused = pause();

    record(QUOLL_TRACE_REPLY, name_of(server), caller->call_kind, name_of(caller), 0);
    go_on(paused);
}

void trace_interrupt(const struct core *core, uint32_t line)
{
    uint64_t paused = pause();

    set_cause(QUOLL_TRACE_INTERRUPT, line);
    record(QUOLL_TRACE_INTERRUPT, name_of(core->current), line, 0, 0);
    go_on(paused);
}

void trace_exit(const struct thread *thread, unsigned reason, uint64_t syndrome, uint64_t address)
{
    uint64_t paused = pause();

    /* An abort is asked of the match table first, and then told the VMM: one exit. */
    if (visits[arch_core()->number].cause != ((uint32_t)QUOLL_TRACE_EXIT << 16 | reason))
        record(QUOLL_TRACE_EXIT, name_of(thread), reason, syndrome, address);
    set_cause(QUOLL_TRACE_EXIT, reason);
    go_on(paused);
}

void trace_wfi(const struct thread *thread)
{
    uint64_t paused = pause();

    record(QUOLL_TRACE_WFI, name_of(thread), 0, 0, 0);
    go_on(paused);
}

void trace_notify(const struct notification *notification, uint64_t flags)
{
    const struct thread *bound = notification->bound;
    const struct thread *receiver = notification->waiter != NULL ? notification->waiter : bound;
    unsigned effect = QUOLL_TRACE_NOTIFY_PENDING;
    uint64_t first = 0;
    uint64_t paused = pause();

    if (receiver != NULL && receiver->vcpu != NULL) {
        effect = QUOLL_TRACE_NOTIFY_INTERRUPT;
        first = receiver->vcpu->virtual_interrupt_base;
    } else if (notification->waiter != NULL || (bound != NULL && bound->state == THREAD_WAITING)) {
        effect = QUOLL_TRACE_NOTIFY_WOKE;
    }
    record(QUOLL_TRACE_NOTIFY, name_of(receiver), effect, flags, first);
    go_on(paused);
}

void trace_charge(const struct budget *budget, uint64_t ticks)
{
    uint64_t paused = pause();

    if (ticks > 0)
        record(QUOLL_TRACE_CHARGE, name_of(budget->owner), 0, ticks, budget->now.amount);
    go_on(paused);
}

void trace_exhaust(const struct budget *budget)
{
    uint64_t paused = pause();

    record(QUOLL_TRACE_EXHAUST, name_of(budget->owner), 0, budget_next_refill(budget), 0);
    go_on(paused);
}

void trace_refill(const struct budget *budget)
{
    uint64_t paused = pause();

    record(QUOLL_TRACE_REFILL, name_of(budget->owner), 0, budget->now.amount, 0);
    go_on(paused);
}

void trace_fault(const struct thread *thread, unsigned reason, uint64_t address)
{
    uint64_t paused = pause();

    set_cause(QUOLL_TRACE_FAULT, reason);
    record(QUOLL_TRACE_FAULT, name_of(thread), reason, address, arch_thread_register(thread, QUOLL_REGISTER_PC));
    go_on(paused);
}
