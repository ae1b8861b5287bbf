/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What all kernel objects have in common, and the slots that name them.
 *
 *   domain's list            object             inside other objects
 *   +------+                +--------+            +-----------+
 *   | slot |<-------------->| slots  |<---------->| reference |   one list in preorder of the tree of copies:
 *   +------+   next/prev    +--------+            +-----------+   a slot is followed by everything derived from it
 *
 * Every pointer from one object to another that can outlive a call is a slot in the target's list: a capability in a
 * domain's list, or a reference inside an object (enum slot_use). So an object that goes finds all who name it.
 */
#pragma once

#include "abi/calls.h"
#include "list.h"
#include "types.h"

struct pool;

enum slot_use {
    SLOT_CAPABILITY = 0, /* in a domain's capability list */
    SLOT_CALL,           /* thread.call: a queued caller, derived from the capability it called through */
    SLOT_BOUND,          /* thread.bound: the notification it receives in reply_wait, or a vCPU's virtual interrupts */
    SLOT_SUPERVISOR,     /* thread.supervisor: the notification that gets its fault records */
    SLOT_BUDGET,         /* thread.budget_reference: the budget it owns */
    SLOT_SERVER,         /* portal.server: the thread that serves it */
    SLOT_PARENT,         /* budget.parent: where its share came from */
    SLOT_REPORT,         /* budget.report: the notification told of overruns */
    SLOT_LINE,           /* interrupt.notification */
    SLOT_PAGER,          /* domain.pager */
    SLOT_EXIT,           /* vcpu.exit: portal of the VMM */
    SLOT_STATE,          /* vcpu.state: memory of the state page */
    SLOT_MATCH,          /* match_entry.notification */
};

struct slot {
    struct object *object; /* null: empty */
    uint64_t label;        /* portal: kind and label as x8 gets them; notification: mask of flags */
    struct slot *next, *previous;
    uint16_t rights;
    uint8_t depth; /* distance from the object's first capability */
    uint8_t use;   /* enum slot_use */
};

struct object {
    struct slot *slots;  /* first in preorder; null when nothing names the object */
    struct pool *pool;   /* where its memory comes from; null for the few that exist since boot */
    struct list in_pool; /* in pool->objects */
    uint8_t type;        /* enum quoll_object_type */
    bool permanent;      /* made at boot: the system cannot be without it */
    bool dying;          /* lookups fail; a destroyer is at work on it */
    uint8_t unused[5];   /* zero: type, permanent and dying are compared as one word */
};

/* What a step of a preemptible operation says. */
enum progress { PROGRESS_DONE, PROGRESS_MORE };

void object_init(struct object *object, enum quoll_object_type type, struct pool *pool);

/* Make `slot` the first name of a new object, with all rights. */
void slot_set_first(struct slot *slot, struct object *object, uint64_t label);

/*
 * Make `slot` a copy of `source`, placed behind it in the tree. QUOLL_TOO_DEEP when the tree is full; nothing has
 * changed then. slot_check_derive answers the same without doing it.
 */
enum quoll_error slot_check_derive(const struct slot *source);
void slot_derive(struct slot *slot, struct slot *source, uint16_t rights, uint64_t label);

/*
 * Empty one slot without telling its holder; an empty one stays as it is. What was derived from it counts as derived
 * from what it was derived from.
 */
void slot_clear(struct slot *slot);

/* Remove one slot of those derived from `slot` and tell its holder; false when none is left. */
bool slot_revoke_one(struct slot *slot);

/*
 * One bounded step of destroying an object: marks it dying, removes the slots that name it (`keep`, if one of them,
 * goes last), undoes what its type did, and frees it. The object is gone when PROGRESS_DONE is returned.
 */
enum progress object_destroy_step(struct object *object, struct slot *keep);

/* The slot stands in an object, not in a capability list. */
static inline void slot_reference_init(struct slot *slot, enum slot_use use)
{
    *slot = (struct slot){.use = (uint8_t)use};
}
