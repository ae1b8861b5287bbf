/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads, messages, notifications, faults.
 */
#include "tests/fuzz/model.h"

#include <string.h>

enum { ALL_KNOWN = 0x3ff, WORDS = 0xff, FLAG_MASK = 0xf0000 };

/* ---- answers */

void model_answer(struct model_object *object, uint64_t x8)
{
    struct model_thread *thread = &object->thread;

    thread->x[8] = thread->no_caller ? x8 | QUOLL_X8_NO_CALLER : x8;
    thread->known |= 1u << 8 | 1u << 9;
    thread->no_caller = false;
    thread->also = 0;
    thread->deadline = QUOLL_FOREVER;
    thread->fresh = true;
}

bool model_can_run(const struct model_object *thread)
{
    return thread->thread.state == READY && !thread->thread.suspended && !thread->thread.faulted;
}

static bool waits_for(const struct model_object *caller, const struct model_object *server)
{
    return caller->alive && caller->type == QUOLL_TYPE_THREAD && caller->thread.callee == server;
}

/* It has a budget, or works for somebody who has. */
bool model_paid(const struct model_object *thread)
{
    if (thread->thread.budget.object != NULL)
        return true;
    for (unsigned i = 0; i < model.count; i++)
        if (waits_for(&model.object[i], thread) && model_paid(&model.object[i]))
            return true;
    return false;
}

void model_budget_lost(struct model_object *thread)
{
    if (thread->thread.budget.object != NULL)
        thread->thread.budget.object->budget.owner = NULL;
    model_clear(&thread->thread.budget);
}

/* ---- notifications */

static uint64_t take(struct model_object *notification)
{
    uint64_t flags = notification->notification.pending;

    notification->notification.pending = 0;
    return flags;
}

void model_raise(struct model_object *notification, uint64_t flags)
{
    struct model_object *waiter = notification->notification.waiter;
    struct model_object *bound = notification->notification.bound;

    notification->notification.pending |= flags;
    if (notification->notification.pending == 0)
        return;
    model.raised++;
    if (waiter != NULL) {
        notification->notification.waiter = NULL;
        waiter->thread.awaited = NULL;
        waiter->thread.state = READY;
        waiter->thread.x[0] = take(notification);
        model_answer(waiter, QUOLL_OK);
    } else if (bound != NULL && bound->thread.vcpu != NULL) {
        model_raise_interrupts(bound, take(notification));
    } else if (bound != NULL && bound->thread.state == WAITING) {
        bound->thread.state = READY;
        bound->thread.notified_last = true;
        bound->thread.x[0] = take(notification);
        bound->thread.known = 1;
        model_answer(bound, (uint64_t)QUOLL_KIND_NOTIFICATION << 56);
    }
}

void model_raise_slot(const struct model_slot *slot, uint64_t flags)
{
    if (slot->object != NULL)
        model_raise(slot->object, slot->label & flags);
}

void model_notification_signal(struct model_call *call)
{
    uint64_t flags = call->x[0] & call->slot->label;

    model_refuse(call, flags == 0, QUOLL_BAD_ARGUMENT);
    if (call->commit)
        model_raise(call->object, flags);
}

void model_notification_wait(struct model_call *call)
{
    struct model_object *thread = call->thread;
    struct model_object *bound = call->object->notification.bound;
    bool pending = call->object->notification.pending != 0;

    model_refuse(call, call->object->notification.waiter != NULL || (bound != NULL && bound != thread), QUOLL_BUSY);
    if (!pending) {
        model_refuse(call,
                     thread->thread.vcpu != NULL ||
                         (thread->thread.budget.object == NULL && thread->thread.serving == NULL),
                     QUOLL_NO_BUDGET);
        model_refuse(call, call->x[0] <= model.now, QUOLL_TIMEOUT);
    }
    if (call->commit && pending)
        model_result(call, 0, take(call->object));
    if (!call->commit || pending)
        return;
    thread->thread.state = NOTIFICATION;
    thread->thread.awaited = call->object;
    thread->thread.deadline = call->x[0];
    call->object->notification.waiter = thread;
    call->blocks = true;
}

void model_notification_bind(struct model_call *call)
{
    struct model_object *thread = call->capability[0]->object;

    model_refuse(call, thread->thread.vcpu != NULL, QUOLL_BAD_ARGUMENT);
    model_refuse(call, thread->thread.budget.object == NULL, QUOLL_NO_BUDGET);
    model_refuse(call,
                 call->object->notification.bound != NULL || call->object->notification.waiter != NULL ||
                     thread->thread.bound.object != NULL,
                 QUOLL_BUSY);
    model_refuse(call, model_deepest(call->slot), QUOLL_TOO_DEEP);
    if (!call->commit)
        return;
    model_refer(&thread->thread.bound, call->slot, 0, thread, USE_BOUND);
    call->object->notification.bound = thread;
    model_raise(call->object, 0);
}

/* ---- faults */

void model_fault(struct model_object *object, uint64_t reason, uint64_t address, uint64_t syndrome)
{
    struct model_thread *thread = &object->thread;

    thread->faulted = true;
    if (!thread->pending)
        thread->also = 0;
    thread->pending = false;
    thread->reason = reason;
    thread->address = address;
    thread->syndrome = syndrome;
    thread->fault_pc = thread->pc;
    model_end_service(object, QUOLL_PEER_DEAD);
    if (thread->supervisor.object == NULL)
        return;
    thread->record = ++model.records;
    model_raise_slot(&thread->supervisor, UINT64_MAX);
}

void model_memory_fault(struct model_object *object, uint64_t reason, uint64_t address, uint64_t syndrome)
{
    struct model_object *domain = object->thread.domain;
    const uint64_t words[8] = {reason, address, object->thread.pc, syndrome};

    if (address < domain->domain.pager_base || address - domain->domain.pager_base >= domain->domain.pager_size)
        model_fault(object, reason, address, syndrome);
    else if (!model_send(object, &domain->domain.pager, words, KIND_PAGE))
        model_fault(object, QUOLL_FAULT_PAGER, address, syndrome);
}

void model_notification_take_fault(struct model_call *call)
{
    struct model_object *oldest = NULL;

    for (unsigned i = 0; i < model.count; i++) {
        struct model_object *object = &model.object[i];

        if (object->alive && object->type == QUOLL_TYPE_THREAD && object->thread.record != 0 &&
            object->thread.supervisor.object == call->object &&
            (oldest == NULL || object->thread.record < oldest->thread.record))
            oldest = object;
    }
    model_refuse(call, oldest == NULL, QUOLL_NOT_FOUND);
    if (!call->commit)
        return;
    oldest->thread.record = 0;
    model_result(call, 0, oldest->thread.supervisor_label);
    model_result(call, 1, oldest->thread.reason);
    model_result(call, 2, oldest->thread.fault_pc);
    model_result(call, 3, oldest->thread.address);
    model_result(call, 4, oldest->thread.syndrome);
    model_result(call, 5, oldest->thread.sp);
    model_result(call, 6, 0); /* as the fake programs leave x29 and x30 */
    model_result(call, 7, 0);
    if (oldest->thread.also != 0)
        model_unknown(call, 4);
    for (unsigned i = 2; i < 8 && oldest->thread.vcpu != NULL; i++)
        if (i != 3 && i != 4)
            model_unknown(call, i);
}

/* ---- threads */

void model_thread_start(struct model_call *call)
{
    struct model_thread *thread = &call->object->thread;
    bool wrong =
        thread->vcpu == NULL && (call->x[0] >= QUOLL_ADDRESS_LIMIT || call->x[0] % 4 != 0 || call->x[1] % 16 != 0);

    model_refuse(call, call->object == call->thread || (thread->state != NEW && !thread->suspended && !thread->faulted),
                 QUOLL_BAD_STATE);
    model_refuse(call, wrong, QUOLL_BAD_ARGUMENT);
    model_refuse(call, thread->vcpu != NULL && !thread->vcpu->page, QUOLL_BAD_STATE);
    if (!call->commit)
        return;
    model_end_service(call->object, QUOLL_PEER_DEAD);
    if (thread->callee != NULL)
        model_abandon_call(call->object);
    if (thread->awaited != NULL)
        thread->awaited->notification.waiter = NULL;
    thread->awaited = NULL;
    thread->deadline = QUOLL_FOREVER;
    thread->no_caller = thread->orphan = thread->notified_last = false;
    thread->faulted = thread->pending = thread->suspended = false;
    thread->record = 0;
    thread->state = READY;
    thread->known = 0;
    if (thread->vcpu != NULL)
        return;
    thread->pc = call->x[0];
    thread->sp = call->x[1];
    memset(thread->x, 0, sizeof(thread->x));
    thread->x[0] = call->x[2];
    thread->known = ALL_KNOWN;
    thread->also = 0;
    thread->fresh = true;
}

void model_thread_suspend(struct model_call *call)
{
    if (call->commit)
        call->object->thread.suspended = true;
}

static void serve(struct model_object *server, struct model_object *caller);

void model_thread_resume(struct model_call *call)
{
    model_refuse(call, call->object->thread.state == NEW, QUOLL_BAD_STATE);
    if (!call->commit)
        return;
    call->object->thread.suspended = false;
    if (call->object->thread.state == WAITING && call->next != NULL)
        serve(call->object, call->next);
}

void model_thread_set_priority(struct model_call *call)
{
    model_refuse(call, call->x[0] > call->thread->thread.limit, QUOLL_BAD_ARGUMENT);
    if (call->commit)
        call->object->thread.priority = (unsigned)call->x[0];
}

void model_thread_set_budget(struct model_call *call)
{
    struct model_object *budget = call->capability[0]->object;

    model_refuse(call, budget->budget.owner != NULL, QUOLL_BUSY);
    model_refuse(call, model_deepest(call->capability[0]), QUOLL_TOO_DEEP);
    if (!call->commit)
        return;
    model_budget_lost(call->object);
    model_refer(&call->object->thread.budget, call->capability[0], 0, call->object, USE_BUDGET);
    budget->budget.owner = call->object;
}

static uint64_t visible_state(const struct model_thread *thread)
{
    static const uint8_t states[] = {
        [NEW] = QUOLL_THREAD_NEW,         [READY] = QUOLL_THREAD_READY,
        [WAITING] = QUOLL_THREAD_WAITING, [NOTIFICATION] = QUOLL_THREAD_NOTIFICATION,
        [CALLING] = QUOLL_THREAD_CALLING, [QUEUED] = QUOLL_THREAD_QUEUED,
        [WFI] = QUOLL_THREAD_WFI,
    };

    return thread->faulted ? QUOLL_THREAD_FAULTED : thread->suspended ? QUOLL_THREAD_SUSPENDED : states[thread->state];
}

void model_thread_status(struct model_call *call)
{
    if (!call->commit)
        return;
    model_result(call, 0, visible_state(&call->object->thread));
    model_result(call, 1, call->object->thread.priority);
    model_result(call, 2, 0);
    if (call->object->thread.budget.object == NULL)
        model_result(call, 3, 0);
    else
        model_unknown(call, 3);
    model_result(call, 4, call->object->thread.pc);
    if (call->object->thread.vcpu != NULL)
        model_unknown(call, 4);
}

void model_thread_read_registers(struct model_call *call)
{
    model_refuse(call, call->x[0] >= QUOLL_REGISTER_COUNT, QUOLL_BAD_ARGUMENT);
    model_refuse(call, model_can_run(call->object), QUOLL_BUSY);
    for (unsigned i = 0; call->commit && i < 8; i++) {
        uint64_t index = call->x[0] + i;

        if (index >= QUOLL_REGISTER_COUNT)
            model_result(call, i, 0);
        else if (index == QUOLL_REGISTER_SP && call->object->thread.vcpu == NULL)
            model_result(call, i, call->object->thread.sp);
        else
            model_unknown(call, i);
    }
}

/* ---- messages */

unsigned model_links_above(const struct model_object *thread)
{
    unsigned most = 0;

    for (unsigned i = 0; i < model.count; i++) {
        if (waits_for(&model.object[i], thread)) {
            unsigned links = 1 + model_links_above(&model.object[i]);

            most = links > most ? links : most;
        }
    }
    return most;
}

static uint32_t chain_refusals(const struct model_object *caller, const struct model_object *server)
{
    unsigned links = model_links_above(caller) + 1;
    uint32_t refusals = 0;

    for (; server != caller && server->thread.callee != NULL; server = server->thread.callee)
        links++;
    if (server == caller)
        refusals |= 1u << QUOLL_DEADLOCK;
    if (links > MODEL_CHAIN)
        refusals |= 1u << QUOLL_TOO_DEEP;
    return refusals;
}

static struct model_object *server_of(const struct model_object *portal)
{
    struct model_object *server = portal->portal.server.object;

    return server == NULL || server->thread.faulted || server->thread.state == NEW ? NULL : server;
}

/* A capability goes with a message, if both ends still allow it. */
static bool transfer(struct model_object *from, struct model_object *to)
{
    struct model_slot *source = model_slot_at(from->thread.domain, from->thread.send_index);
    struct model_slot *destination = model_slot_at(to->thread.domain, to->thread.receive_index);

    from->thread.send_index = 0;
    if (source == NULL || source->object == NULL || destination == NULL || destination->object != NULL ||
        model_deepest(source))
        return false;
    model_derive(destination, source, source->rights & (unsigned)from->thread.send_rights, source->label);
    return true;
}

static void deliver(struct model_object *server, struct model_object *caller, uint64_t label)
{
    memcpy(server->thread.x, caller->thread.words, sizeof(caller->thread.words));
    server->thread.known = caller->thread.kind == KIND_EXIT ? WORDS & ~(1u << 4) : WORDS; /* a guest's pc */
    if (caller->thread.send_index != 0 && transfer(caller, server))
        label |= QUOLL_X8_CAPABILITY;
    model_answer(server, label);
    caller->thread.state = CALLING;
    server->thread.serving = caller;
    server->thread.orphan = server->thread.notified_last = false;
    server->thread.state = READY;
}

static void serve(struct model_object *server, struct model_object *caller)
{
    model_clear(&caller->thread.call);
    deliver(server, caller, caller->thread.call_label);
}

static bool is_waiting(const struct model_object *server)
{
    return server->thread.state == WAITING && !server->thread.suspended;
}

/* It queues with the priority that runs it, and whoever it waits for does not queue with a lower one. */
static void lend(struct model_object *caller, struct model_object *server)
{
    unsigned priority = model.payer != NULL ? model.payer->thread.priority : caller->thread.priority;

    caller->thread.lent = priority;
    for (; server->thread.callee != NULL; server = server->thread.callee)
        if (server->thread.lent < priority)
            server->thread.lent = priority;
}

static void send(struct model_object *caller, struct model_object *server, struct model_slot *slot)
{
    caller->thread.callee = server;
    caller->thread.called = slot->object;
    if (is_waiting(server)) {
        deliver(server, caller, slot->label);
        return;
    }
    caller->thread.state = QUEUED;
    caller->thread.call_label = slot->label;
    lend(caller, server);
    /* A call that the kernel makes is derived from the capability that was named for it. */
    model_refer(&caller->thread.call, caller->thread.kind == KIND_MESSAGE ? slot : slot->parent, 0, caller, USE_CALL);
}

bool model_send(struct model_object *caller, struct model_slot *slot, const uint64_t words[8], enum model_kind kind)
{
    struct model_object *server = slot->object != NULL ? server_of(slot->object) : NULL;

    if (server == NULL || chain_refusals(caller, server) != 0 || (!is_waiting(server) && model_deepest(slot)))
        return false;
    memcpy(caller->thread.words, words, sizeof(caller->thread.words));
    caller->thread.kind = kind;
    caller->thread.send_index = caller->thread.receive_index = 0;
    send(caller, server, slot);
    return true;
}

/* x10 and x11, with their flags. */
static void check_transfer(struct model_call *call, uint64_t *send_index, uint64_t *receive_index)
{
    const struct model_slot *slot = NULL;

    *send_index = (call->x[9] & QUOLL_FLAG_SEND) != 0 ? (uint32_t)call->x[10] : 0;
    *receive_index = (call->x[9] & QUOLL_FLAG_RECEIVE) != 0 ? call->x[11] : 0;
    if (*send_index != 0) {
        slot = model_slot_at(call->thread->thread.domain, *send_index);
        model_refuse(call, slot == NULL || slot->object == NULL, QUOLL_BAD_CAPABILITY);
    }
    if (*receive_index != 0) {
        slot = model_slot_at(call->thread->thread.domain, *receive_index);
        model_refuse(call, slot == NULL, QUOLL_BAD_CAPABILITY);
        model_refuse(call, slot != NULL && slot->object != NULL, QUOLL_SLOT_TAKEN);
    }
}

void model_portal_call(struct model_call *call)
{
    struct model_object *caller = call->thread;
    struct model_object *server = server_of(call->object);
    uint64_t send_index = 0, receive_index = 0;

    model_refuse(call, server == NULL, QUOLL_PEER_DEAD);
    if (server != NULL) {
        call->refusals |= chain_refusals(caller, server);
        model_refuse(call, !is_waiting(server) && model_deepest(call->slot), QUOLL_TOO_DEEP);
    }
    check_transfer(call, &send_index, &receive_index);
    if (!call->commit)
        return;
    memcpy(caller->thread.words, call->x, sizeof(caller->thread.words));
    caller->thread.kind = KIND_MESSAGE;
    caller->thread.send_index = send_index;
    caller->thread.send_rights = call->x[10] >> 32;
    caller->thread.receive_index = receive_index;
    call->blocks = true;
    send(caller, server, call->slot);
}

/* The caller is out of its call. */
static void end_call(struct model_object *caller)
{
    if (caller->thread.state == CALLING)
        caller->thread.callee->thread.serving = NULL;
    model_clear(&caller->thread.call);
    caller->thread.callee = caller->thread.called = NULL;
    caller->thread.receive_index = 0;
    caller->thread.kind = KIND_MESSAGE;
    caller->thread.state = READY;
}

void model_abandon_call(struct model_object *caller)
{
    if (caller->thread.state == CALLING)
        caller->thread.callee->thread.orphan = true;
    end_call(caller);
}

void model_fail_call(struct model_object *caller, enum quoll_error error)
{
    enum model_kind kind = caller->thread.kind;
    bool served = caller->thread.state == CALLING;

    model_abandon_call(caller);
    if (kind == KIND_MESSAGE) {
        if (served)
            caller->thread.known &= ~(unsigned)WORDS;
        model_answer(caller, error);
        return;
    }
    if (caller->thread.faulted)
        return; /* its record says why already */
    caller->thread.pending = true;
    caller->thread.reason = kind == KIND_PAGE ? QUOLL_FAULT_PAGER : QUOLL_FAULT_VCPU;
    caller->thread.address = 0;
    caller->thread.syndrome = error;
}

void model_end_service(struct model_object *server, enum quoll_error error)
{
    if (server->thread.serving != NULL)
        model_fail_call(server->thread.serving, error);
    server->thread.orphan = false;
}

static void reply(struct model_object *server, const uint64_t words[8])
{
    struct model_object *caller = server->thread.serving;
    enum model_kind kind = caller->thread.kind;
    uint64_t x8 = QUOLL_OK;

    if (kind == KIND_MESSAGE) {
        memcpy(caller->thread.x, words, 8 * sizeof(words[0]));
        caller->thread.known = WORDS;
        if (server->thread.send_index != 0 && transfer(server, caller))
            x8 |= QUOLL_X8_CAPABILITY;
        model_answer(caller, x8);
    }
    end_call(caller);
    if (kind == KIND_EXIT)
        model_reply_exit(caller, words);
}

void model_timeout(struct model_object *thread)
{
    if (thread->thread.awaited != NULL)
        thread->thread.awaited->notification.waiter = NULL;
    else
        thread->thread.known = 0;
    thread->thread.awaited = NULL;
    thread->thread.state = READY;
    model_answer(thread, QUOLL_TIMEOUT);
}

void model_self_reply_wait(struct model_call *call)
{
    struct model_object *object = call->thread;
    struct model_thread *server = &object->thread;
    struct model_object *bound = server->bound.object;
    uint64_t send_index = 0, receive_index = 0;
    bool pending = bound != NULL && bound->notification.pending != 0;

    model_refuse(call, server->vcpu != NULL, QUOLL_BAD_CALL);
    model_refuse(call, (call->x[9] & QUOLL_FLAG_DEADLINE) != 0 && server->budget.object == NULL, QUOLL_NO_BUDGET);
    check_transfer(call, &send_index, &receive_index);
    if (!call->commit)
        return;
    server->send_index = send_index;
    server->send_rights = call->x[10] >> 32;
    call->blocks = true;
    if (server->serving != NULL)
        reply(object, call->x);
    else if (!server->orphan && (call->x[9] & QUOLL_FLAG_NO_REPLY) == 0)
        server->no_caller = true;
    server->orphan = false;
    server->receive_index = receive_index;
    server->state = WAITING;
    if (pending && (call->next == NULL || !server->notified_last)) {
        model_raise(bound, 0);
        return;
    }
    if (call->next != NULL) {
        serve(object, call->next);
        return;
    }
    server->deadline = (call->x[9] & QUOLL_FLAG_DEADLINE) != 0 ? call->x[12] : QUOLL_FOREVER;
    if (server->deadline <= model.now)
        model_timeout(object);
}
