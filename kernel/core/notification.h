/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A notification: a word of pending flags. At most one thread receives it: the one that waits on it, the one it is
 * bound to, or the vCPU whose virtual interrupts it raises.
 */
#pragma once

#include "list.h"
#include "object.h"

struct thread;

/* Protection: capability lock; a receiver's state is its core's. */
struct notification {
    struct object object;
    uint64_t pending;
    struct thread *bound;  /* thread whose `bound` slot names this */
    struct thread *waiter; /* in notification_wait */
    struct list faults;    /* threads with a fault record for whoever waits here, oldest first */
};

struct notification *notification_create(struct pool *pool);

/* Raise flags; wakes the receiver. */
void notification_raise(struct notification *notification, uint64_t flags);

/* All pending flags, cleared by taking them. */
uint64_t notification_take(struct notification *notification);

/*
 * May an object refer to the notification by this capability, to raise some of these flags? QUOLL_BAD_ARGUMENT when the
 * capability allows none of them, QUOLL_TOO_DEEP. notification_refer then makes or replaces the reference.
 */
enum quoll_error notification_check_reference(const struct slot *capability, uint64_t flags);
void notification_refer(struct slot *reference, struct slot *capability, uint64_t flags);

/* Raise flags through a reference inside an object, limited to its label; does nothing when the slot is empty. */
void notification_raise_slot(const struct slot *slot, uint64_t flags);

enum progress notification_destroy_step(struct notification *notification);
