/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Messages between threads: eight words there, eight words back, at most one capability each way.
 */
#pragma once

#include <stdbool.h>

#include "abi/message.h"
#include "rt/calls.h"

struct quoll_message {
    uint64_t word[8];
    uint64_t label;         /* received: which capability the caller used */
    enum quoll_error error; /* of the call itself; what the server thinks of it is in the words */
    uint32_t capability;    /* the receive index when a capability was put there, else 0 */
};

/*
 * Calls `portal` with the words of `m` and leaves the reply's words there. With `capability` it sends a copy of that
 * with `rights`; with `receive` it offers that empty index for one. Answers m->error; on an error the words stay as
 * they were sent.
 */
static inline enum quoll_error quoll_call_send(uint32_t portal, struct quoll_message *m, uint32_t capability,
                                               uint32_t rights, uint32_t receive)
{
    struct quoll_trap trap = {.x8 = portal, .x9 = QUOLL_CALL_portal_call};

    for (unsigned i = 0; i < 8; i++)
        trap.word[i] = m->word[i];
    if (capability) {
        trap.x9 |= QUOLL_FLAG_SEND;
        trap.x10 = capability | (uint64_t)rights << 32;
    }
    if (receive) {
        trap.x9 |= QUOLL_FLAG_RECEIVE;
        trap.x11 = receive;
    }
    quoll_trap(&trap);
    m->error = (enum quoll_error)(uint32_t)trap.x8;
    for (unsigned i = 0; m->error == QUOLL_OK && i < 8; i++)
        m->word[i] = trap.word[i];
    m->capability = trap.x8 & QUOLL_X8_CAPABILITY ? receive : 0;
    return m->error;
}

static inline enum quoll_error quoll_call(uint32_t portal, struct quoll_message *m)
{
    return quoll_call_send(portal, m, 0, 0, 0);
}

/* What quoll_reply_wait does beside replying and waiting; zero means no. */
struct quoll_wait {
    bool no_reply;       /* nobody waits for an answer */
    uint32_t capability; /* index of a capability that goes with the reply */
    uint32_t rights;     /* what it may do there */
    uint32_t receive;    /* empty index that a caller may fill */
    uint64_t deadline;   /* ticks; QUOLL_FOREVER: none */
};

/*
 * Answers the caller being served with the words of `m` and waits. Answers enum quoll_kind:
 * MESSAGE: words and label of the next call; NOTIFICATION: word[0] holds the flags; STATUS: m->error is TIMEOUT or a
 * refusal.
 */
static inline enum quoll_kind quoll_reply_wait(struct quoll_message *m, const struct quoll_wait *wait)
{
    struct quoll_trap trap = {.x9 = QUOLL_CALL_self_reply_wait};

    for (unsigned i = 0; i < 8; i++)
        trap.word[i] = m->word[i];
    if (wait->no_reply)
        trap.x9 |= QUOLL_FLAG_NO_REPLY;
    if (wait->capability) {
        trap.x9 |= QUOLL_FLAG_SEND;
        trap.x10 = wait->capability | (uint64_t)wait->rights << 32;
    }
    if (wait->receive) {
        trap.x9 |= QUOLL_FLAG_RECEIVE;
        trap.x11 = wait->receive;
    }
    if (wait->deadline != QUOLL_FOREVER) {
        trap.x9 |= QUOLL_FLAG_DEADLINE;
        trap.x12 = wait->deadline;
    }
    quoll_trap(&trap);
    for (unsigned i = 0; i < 8; i++)
        m->word[i] = trap.word[i];
    m->label = QUOLL_X8_LABEL(trap.x8);
    m->error = QUOLL_X8_KIND(trap.x8) == QUOLL_KIND_STATUS ? (enum quoll_error)(uint32_t)trap.x8 : QUOLL_OK;
    m->capability = trap.x8 & QUOLL_X8_CAPABILITY ? wait->receive : 0;
    return (enum quoll_kind)QUOLL_X8_KIND(trap.x8);
}
