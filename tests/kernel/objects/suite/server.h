/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Children that serve and children that call. Server n is child n, with a portal at SERVER_PORTAL + n whose label is
 * n + 1 and a notification at SERVER_GATE + n; the rest is said by the words of a request: an operation and what it
 * works on. The reply is the request's words, each plus one, unless said otherwise.
 */
#pragma once

#include "suite.h"

enum {
    SERVER_PORTAL = 144,
    SERVER_GATE = 160,
    SERVER_BOUND = 175, /* a notification, for OP_RAISE and for who is notified with flag 2 */
    SERVER_FREE = 176,  /* first index that a test which uses servers may fill */
};

enum server_operation {
    OP_ECHO,
    OP_HOLD,    /* replies when the server's gate is signalled */
    OP_SPIN,    /* executes for w1 ticks of its own progress: a fixed number of loops */
    OP_CALL,    /* calls portal w1 with operation w2 and words w3..; replies w0 = its error, w1 = its w0 */
    OP_FAULT,   /* reads where nothing is */
    OP_SEND,    /* sends capability w1 with rights w2 along with the reply */
    OP_RAISE,   /* raises flag 1 of SERVER_BOUND */
    OP_RECEIVE, /* from the next request on, receives at index w1 */
};

enum { SERVER_LOG = 16 };

struct server {
    uint64_t turns; /* entries of the log, which keeps the first ones */
    uint64_t x8[SERVER_LOG];
    uint64_t word[SERVER_LOG]; /* the last word: who called; of a notification the flags */
    bool reply_first;          /* its first reply_wait is without NO_REPLY */
};
extern volatile struct server servers[CHILD_MAX];

/* Makes everything of server n and starts it; it waits for requests soon, or on its first caller's time. */
void server_start(unsigned n, uint8_t priority, bool passive);

/* Starts its thread, suspended or faulted, from the beginning. */
void server_again(unsigned n);

struct request {
    uint32_t portal;
    uint64_t word[8]; /* the request, and its reply */
    uint64_t flags, x10, x11;
    uint64_t x8;         /* its answer */
    uint64_t begin, end; /* when */
};
extern volatile struct request requests[CHILD_MAX];

/* Child n calls the portal of server `server`; word 7 tells who called. */
void caller_start(unsigned n, uint8_t priority, unsigned server, uint64_t operation, uint64_t argument);
/* The same with a budget of its own choice, and without a sleep afterwards. */
void caller_start_on(unsigned n, uint8_t priority, unsigned server, uint64_t operation, uint64_t argument,
                     uint64_t time, uint64_t period);
/* Starts child n, made by child_make, with the request that stands in requests[n]. */
void caller_run(unsigned n);
/* What the call answered once it is over: enum quoll_error; ~0 when it does not end. */
uint64_t caller_error(unsigned n);

/* The test itself calls. */
struct quoll_message server_call(unsigned server, uint64_t operation, uint64_t a, uint64_t b);

/* Something that takes this many loops; about two instructions each. */
void spin(uint64_t loops);
