/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls between threads.
 *
 *   caller --callee--> server          server --serving--> caller     (state CALLING)
 *   caller --callee--> server.callers  (state QUEUED, by priority)
 *
 * The caller keeps its place in the run queue; the scheduler runs the end of the chain on its time (schedule.c). A
 * chain has at most CHAIN_MAX links: `depth` counts those above a thread, and a call that would make one longer is
 * refused before anything changes.
 */
#include "portal.h"

#include "arch.h"
#include "calls.h"
#include "domain.h"
#include "notification.h"
#include "pool.h"
#include "preempt.h"
#include "schedule.h"
#include "trace.h"
#include "vcpu.h"

/* Everything about a call that is to be made. */
struct request {
    struct thread *caller, *server;
    struct portal *portal;
    struct slot *slot; /* what it is made through */
    enum call_kind kind;
    uint32_t send_index, send_rights;
    uint64_t receive_index;
};

static uint64_t caller_key(uint8_t priority)
{
    return UINT64_C(255) - priority; /* the highest priority first */
}

/* The priority that runs the caller now. */
static uint8_t lent_priority(const struct thread *caller)
{
    const struct thread *payer = caller->core->payer;

    return payer != NULL ? payer->priority : caller->priority;
}

/* Walks the chain from the server, before anything changes: QUOLL_DEADLOCK, QUOLL_TOO_DEEP. */
static enum quoll_error check_chain(const struct thread *caller, const struct thread *server)
{
    unsigned depth = caller->depth + 1U;
    const struct thread *at = server;

    for (;; at = at->callee, depth++) {
        if (at == caller)
            return QUOLL_DEADLOCK;
        if (depth > CHAIN_MAX || arch_fault())
            return QUOLL_TOO_DEEP;
        if (at->state != THREAD_CALLING && at->state != THREAD_QUEUED)
            return QUOLL_OK;
    }
}

static bool in_call(const struct thread *thread)
{
    return thread->state == THREAD_CALLING || thread->state == THREAD_QUEUED;
}

/*
 * A caller that is to be queued lends its priority along the chain: who waits in a queue moves up in it. False when an
 * interrupt came first: the caller shall come again, and those who moved up already stay there. Bound: CHAIN_MAX.
 */
static bool lend_along(struct thread *server, uint8_t priority)
{
    for (struct thread *at = server; in_call(at); at = at->callee) {
        if (at->state != THREAD_QUEUED || at->in_callers.key <= caller_key(priority))
            continue;
        ordered_remove(&at->callee->callers, &at->in_callers);
        ordered_insert(&at->callee->callers, &at->in_callers, caller_key(priority));
        if (arch_interrupt_waiting())
            return false;
    }
    return true;
}

/* The server has so many links above it from now on, and who comes behind it more. Bound: CHAIN_MAX. */
static void deepen(struct thread *server, unsigned depth)
{
    for (struct thread *at = server;; at = at->callee, depth++) {
        if (at->depth < depth)
            at->depth = (uint8_t)depth;
        if (!in_call(at))
            return;
    }
}

/* Copy a capability that goes with a message or reply. False when the receiver refuses it or it is gone. */
static bool transfer(struct thread *from, struct thread *to)
{
    struct slot *source = domain_slot(from->domain, from->send_index);
    struct slot *destination = domain_slot(to->domain, to->receive_index);
    uint32_t rights = from->send_rights;

    from->send_index = 0;
    if (source == NULL || source->object == NULL || source->object->dying || destination == NULL ||
        destination->object != NULL || slot_check_derive(source) != QUOLL_OK)
        return false;
    slot_derive(destination, source, (uint16_t)(source->rights & rights), source->label);
    return true;
}

/* Words and label reach the server, which is at this call from now on. */
static void deliver(struct thread *server, struct thread *caller, uint64_t label)
{
    const uint64_t *words = caller->call_kind == CALL_MESSAGE ? thread_word(caller, 0) : caller->words;

    for (unsigned i = 0; i < 8; i++)
        *thread_word(server, i) = words[i];
    if (caller->send_index != 0 && transfer(caller, server))
        label |= QUOLL_X8_CAPABILITY;
    thread_finish_wait(server, label);
    trace_deliver(server, caller, label);
    caller->state = THREAD_CALLING;
    server->serving = caller;
    server->orphan = false;
    server->notified_last = false;
    server->state = THREAD_READY;
}

/* An error, or ANSWER_RESTART: an interrupt waits, nobody was called yet. */
static int send(const struct request *request, const uint64_t *words)
{
    struct thread *caller = request->caller;
    struct thread *server = request->server;
    bool waiting = server->state == THREAD_WAITING && !server->suspended;
    enum quoll_error error = check_chain(caller, server);

    if (error == QUOLL_OK && !waiting)
        error = slot_check_derive(request->slot);
    if (error != QUOLL_OK)
        return error;
    if (!waiting && !lend_along(server, lent_priority(caller)))
        return ANSWER_RESTART;

    caller->callee = server;
    caller->called = request->portal;
    caller->call_kind = request->kind;
    caller->send_index = request->send_index;
    caller->send_rights = request->send_rights;
    caller->receive_index = request->receive_index;
    for (unsigned i = 0; words != NULL && i < 8; i++)
        caller->words[i] = words[i];
    if (waiting) {
        server->depth = (uint8_t)(caller->depth + 1);
        deliver(server, caller, request->slot->label);
        if (caller->core->current == caller)
            caller->core->current = server;
        if (caller->budget == NULL && server->budget != NULL)
            schedule_update(server); /* its caller may be at an orphan's call, for which nobody pays for good */
    } else {
        caller->state = THREAD_QUEUED;
        caller->call_label = request->slot->label;
        slot_derive(&caller->call, request->slot, 0, 0);
        trace_queue(caller, server);
        ordered_insert(&server->callers, &caller->in_callers, caller_key(lent_priority(caller)));
        deepen(server, caller->depth + 1U);
        caller->core->reschedule = true;
    }
    return QUOLL_OK;
}

static enum quoll_error find_server(struct request *request)
{
    request->portal = container_of(request->slot->object, struct portal, object);
    request->server = portal_server(request->portal);
    if (request->server == NULL || request->server->object.dying || request->server->faulted ||
        request->server->state == THREAD_NEW)
        return QUOLL_PEER_DEAD;
    return request->server->core == request->caller->core ? QUOLL_OK : QUOLL_BAD_ARGUMENT;
}

int portal_send(struct thread *caller, struct slot *slot, const uint64_t words[8], enum call_kind kind)
{
    struct request request = {.caller = caller, .slot = slot, .kind = kind};
    enum quoll_error error = QUOLL_PEER_DEAD;

    if (slot->object != NULL && !slot->object->dying)
        error = find_server(&request);
    if (error == QUOLL_OK)
        error = send(&request, words);
    /* The slot is a reference: it may be replaced meanwhile, so the call is derived from what it was derived from. */
    if (error == QUOLL_OK && caller->state == THREAD_QUEUED)
        caller->call.depth = slot->depth;
    return error;
}

/* What x10 and x11 say, with their flags. */
static void read_transfer(const struct thread *thread, uint64_t flags, uint32_t *index, uint32_t *rights,
                          uint64_t *receive)
{
    const uint64_t *x = thread->arch.frame->x;
    uint64_t sent = (flags & QUOLL_FLAG_SEND) != 0 ? x[10] : 0;

    *index = (uint32_t)sent;
    *rights = (uint32_t)(sent >> 32);
    *receive = (flags & QUOLL_FLAG_RECEIVE) != 0 ? x[11] : 0;
}

/* A capability that is to be sent must be there, and a receiving index empty. */
static enum quoll_error check_transfer(struct thread *thread, uint32_t send_index, uint64_t receive_index)
{
    struct slot *slot = domain_slot(thread->domain, send_index);
    enum quoll_error error = QUOLL_OK;

    if (send_index != 0 && (slot == NULL || slot->object == NULL || slot->object->dying))
        return QUOLL_BAD_CAPABILITY;
    if (receive_index != 0)
        error = domain_empty_slot(thread->domain, receive_index, &slot);
    return error;
}

int portal_call_call(struct call *call)
{
    struct thread *caller = call->thread;
    struct request request = {.caller = caller, .slot = call->slot, .kind = CALL_MESSAGE};
    int answer = find_server(&request);

    if (answer != QUOLL_OK)
        return answer;
    read_transfer(caller, *thread_word(caller, 9), &request.send_index, &request.send_rights, &request.receive_index);
    answer = check_transfer(caller, request.send_index, request.receive_index);
    if (answer == QUOLL_OK)
        answer = send(&request, NULL);
    return answer == QUOLL_OK ? ANSWER_BLOCKED : answer;
}

/* Take the caller out of its call; it can execute again. Who stalled behind the end of its chain is looked at anew. */
static void end_call(struct thread *caller)
{
    struct thread *server = caller->callee;

    schedule_revive(schedule_chain_end(caller));
    if (caller->state == THREAD_QUEUED) {
        ordered_remove(&server->callers, &caller->in_callers);
        slot_clear(&caller->call);
    } else {
        server->serving = NULL;
    }
    caller->callee = NULL;
    caller->called = NULL;
    caller->receive_index = 0;
    caller->call_kind = CALL_MESSAGE;
    caller->state = THREAD_READY;
}

/* The reply of `server` reaches its caller. */
static void reply(struct thread *server)
{
    struct thread *caller = server->serving;
    enum call_kind kind = caller->call_kind;
    uint64_t x8 = QUOLL_OK;

    trace_reply(server, caller);
    if (kind == CALL_MESSAGE) {
        for (unsigned i = 0; i < 8; i++)
            *thread_word(caller, i) = *thread_word(server, i);
        if (server->send_index != 0 && transfer(server, caller))
            x8 |= QUOLL_X8_CAPABILITY;
        call_finish(caller, x8);
    }
    end_call(caller);
    if (kind == CALL_EXIT)
        vcpu_reply(caller, thread_word(server, 0));
    if (caller->core->current == server)
        caller->core->current = caller;
    if (!thread_can_run(caller))
        schedule_update(caller);
}

void portal_abandon_call(struct thread *caller)
{
    struct thread *server = caller->callee;
    bool served = caller->state == THREAD_CALLING;

    end_call(caller);
    if (served) {
        server->orphan = true;
        schedule_update_chain(server);
    }
}

void portal_fail_call(struct thread *caller, enum quoll_error error)
{
    enum call_kind kind = caller->call_kind;

    portal_abandon_call(caller);
    if (kind == CALL_MESSAGE)
        call_finish(caller, error);
    else
        thread_fault_later(caller, kind == CALL_PAGE ? QUOLL_FAULT_PAGER : QUOLL_FAULT_VCPU, 0, error);
    schedule_update(caller);
}

void portal_end_service(struct thread *server, enum quoll_error error)
{
    if (server->serving != NULL)
        portal_fail_call(server->serving, error);
    server->orphan = false;
    if (server->callers.first == NULL)
        server->depth = 0; /* else those in the queue still count */
}

static struct notification *bound_notification(const struct thread *server)
{
    return container_of(server->bound.object, struct notification, object);
}

static bool is_notified(const struct thread *server)
{
    return server->bound.object != NULL && bound_notification(server)->pending != 0;
}

/* What a server that has replied takes next: the next caller, or a notification; false when it waits. */
static bool take_next(struct thread *server)
{
    struct ordered_node *first = server->callers.first;
    bool notified = is_notified(server);
    struct thread *caller = NULL;

    /* Flags first, then a caller, in turn: neither starves the other. */
    if (notified && (first == NULL || !server->notified_last)) {
        *thread_word(server, 0) = notification_take(bound_notification(server));
        thread_finish_wait(server, (uint64_t)QUOLL_KIND_NOTIFICATION << 56);
        server->notified_last = true;
        server->depth = first != NULL ? server->depth : 0;
        return true;
    }
    if (first == NULL)
        return false;
    caller = container_of(first, struct thread, in_callers);
    ordered_remove(&server->callers, first);
    slot_clear(&caller->call);
    if (server->callers.first == NULL || server->depth < caller->depth + 1)
        server->depth = (uint8_t)(caller->depth + 1);
    deliver(server, caller, caller->call_label);
    return true;
}

void portal_serve_queued(struct thread *server)
{
    if (server->state == THREAD_WAITING && server->callers.first != NULL) {
        timer_stop(server->core, &server->deadline);
        take_next(server);
        server->core->reschedule = true;
    }
}

/* Checked before the reply goes out: after it, the call can no longer fail. */
static enum quoll_error check_reply_wait(struct thread *server, uint64_t flags, uint64_t receive_index)
{
    if (server->vcpu != NULL)
        return QUOLL_BAD_CALL;
    if ((flags & QUOLL_FLAG_DEADLINE) != 0 && server->budget == NULL)
        return QUOLL_NO_BUDGET;
    return check_transfer(server, server->send_index, receive_index);
}

int self_call_reply_wait(struct call *call)
{
    struct thread *server = call->thread;
    uint64_t flags = *thread_word(server, 9);
    uint64_t deadline = (flags & QUOLL_FLAG_DEADLINE) != 0 ? *thread_word(server, 12) : QUOLL_FOREVER;
    uint64_t receive_index = 0;
    enum quoll_error error = QUOLL_OK;

    server->wait = 0;
    read_transfer(server, flags, &server->send_index, &server->send_rights, &receive_index);
    error = check_reply_wait(server, flags, receive_index);
    if (error != QUOLL_OK)
        return error;

    if (server->serving != NULL)
        reply(server);
    else if (!server->orphan && (flags & QUOLL_FLAG_NO_REPLY) == 0)
        server->wait = WAIT_NO_CALLER;
    server->orphan = false;
    server->receive_index = receive_index;
    server->state = THREAD_READY;
    if (take_next(server)) {
        schedule_update(server);
        return ANSWER_BLOCKED;
    }
    server->depth = 0;
    if (deadline <= arch_counter()) {
        schedule_update(server);
        thread_finish_wait(server, QUOLL_TIMEOUT);
        return ANSWER_BLOCKED;
    }
    server->state = THREAD_WAITING;
    if (deadline != QUOLL_FOREVER) {
        server->wait |= WAIT_DEADLINE;
        if (!timer_runs(&server->deadline, deadline))
            timer_start(server->core, &server->deadline, TIMER_DEADLINE, deadline);
    }
    if (server->place != PLACE_NONE || server->core->current == server)
        schedule_update(server);
    return ANSWER_BLOCKED;
}

struct thread *portal_wait(struct core *core)
{
    struct thread *server = core->current;
    struct thread *next = NULL;

    if (server->callers.first != NULL || is_notified(server))
        return NULL;
    next = schedule_resume(core, server);
    if (next == NULL)
        return NULL;
    server->state = THREAD_WAITING;
    server->wait = 0;
    server->orphan = false;
    server->depth = 0;
    server->send_index = 0;
    server->send_rights = 0;
    server->receive_index = 0;
    return next;
}

struct portal *portal_create(struct pool *pool)
{
    struct portal *portal = pool_allocate_object(pool, sizeof(*portal), QUOLL_TYPE_PORTAL);

    if (portal != NULL)
        slot_reference_init(&portal->server, SLOT_SERVER);
    return portal;
}

/* Nothing names the portal any more, so no caller is queued through it; one may be served that came through it. */
enum progress portal_destroy_step(struct portal *portal)
{
    struct thread *server = portal_server(portal);

    if (server != NULL && server->serving != NULL && server->serving->called == portal)
        portal_fail_call(server->serving, QUOLL_PEER_DEAD);
    slot_clear(&portal->server);
    return PROGRESS_DONE;
}

int pool_call_create_portal(struct call *call)
{
    struct pool *pool = container_of(call->object, struct pool, object);
    struct thread *server = container_of(call->capability[1]->object, struct thread, object);
    uint64_t label = call->value[2];
    struct portal *portal = NULL;
    struct slot *slot = NULL;
    enum quoll_error error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error != QUOLL_OK)
        return error;
    if (server->vcpu != NULL || label > QUOLL_LABEL_MAX)
        return QUOLL_BAD_ARGUMENT;
    error = slot_check_derive(call->capability[1]);
    if (error != QUOLL_OK)
        return error;
    portal = portal_create(pool);
    if (portal == NULL)
        return QUOLL_NO_MEMORY;
    slot_derive(&portal->server, call->capability[1], 0, 0);
    slot_set_first(slot, &portal->object, label | (uint64_t)QUOLL_KIND_MESSAGE << 56);
    return QUOLL_OK;
}
