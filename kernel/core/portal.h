/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A portal: the way into a server thread. Calls, replies, and what happens to calls in flight.
 */
#pragma once

#include "object.h"
#include "thread.h"

/* Protection: capability lock. */
struct portal {
    struct object object;
    struct slot server; /* thread */
};

/*
 * reply_wait of core->current, which serves nobody, with QUOLL_FLAG_NO_REPLY and no other flag: wait, when nothing is
 * there to take and schedule_resume knows who runs next: answers it. Null: nothing has changed.
 */
struct thread *portal_wait(struct core *core);

struct portal *portal_create(struct pool *pool);

static inline struct thread *portal_server(const struct portal *portal)
{
    return portal->server.object != NULL ? container_of(portal->server.object, struct thread, object) : NULL;
}

/*
 * Send a call that the kernel composed in the name of `caller` (a vCPU's exit, a page fault) through `slot`, which
 * names a portal. The reply comes back by kind. QUOLL_PEER_DEAD, QUOLL_DEADLOCK, QUOLL_TOO_DEEP; nothing has changed
 * then. ANSWER_RESTART when an interrupt waits: to be sent again, CHAIN_MAX times at most.
 */
int portal_send(struct thread *caller, struct slot *slot, const uint64_t words[8], enum call_kind kind);

/* The caller's call ends with an error instead of a reply. */
void portal_fail_call(struct thread *caller, enum quoll_error error);

/* The server stops serving: its caller, if any, gets `error`; it has no reply to give any more. */
void portal_end_service(struct thread *server, enum quoll_error error);

/* The caller goes away: taken out of a queue, or its server becomes an orphan. */
void portal_abandon_call(struct thread *caller);

/* A server that was suspended while it waited goes on: whoever called meanwhile is served. */
void portal_serve_queued(struct thread *server);

enum progress portal_destroy_step(struct portal *portal);
