/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server.h"

volatile struct server servers[CHILD_MAX];
volatile struct request requests[CHILD_MAX];

void spin(uint64_t loops)
{
    for (; loops > 0; loops--)
        __asm__ volatile("");
}

static void call_on(struct quoll_trap *trap)
{
    struct quoll_trap call = {.word = {trap->word[2], trap->word[3], trap->word[4], trap->word[5], trap->word[6]},
                              .x8 = trap->word[1],
                              .x9 = QUOLL_CALL_portal_call};

    quoll_trap(&call);
    trap->word[0] = (uint32_t)call.x8;
    trap->word[1] = call.word[0];
}

static void serve(unsigned n, struct quoll_trap *trap, uint64_t *receive)
{
    uint64_t first = trap->word[1];
    uint64_t second = trap->word[2];

    switch ((enum server_operation)trap->word[0]) {
    case OP_CALL:
        call_on(trap);
        return;
    case OP_HOLD:
        quoll_notification_wait(SERVER_GATE + n, QUOLL_FOREVER);
        break;
    case OP_SPIN:
        spin(first);
        break;
    case OP_FAULT:
        (void)*(volatile uint64_t *)TEST_UNMAPPED;
        break;
    case OP_RECEIVE:
        *receive = first;
        break;
    case OP_RAISE:
        quoll_notification_signal(SERVER_BOUND, 1);
        break;
    case OP_SEND:
        trap->x9 |= QUOLL_FLAG_SEND;
        trap->x10 = first | second << 32;
        break;
    case OP_ECHO:
        break;
    }
    for (unsigned i = 0; i < 8; i++)
        trap->word[i]++;
}

static void server_main(uint64_t n)
{
    volatile struct server *server = &servers[n];
    struct quoll_trap trap = {.x9 = QUOLL_CALL_self_reply_wait | (server->reply_first ? 0 : QUOLL_FLAG_NO_REPLY)};
    uint64_t receive = 0;

    for (;;) {
        bool message = false;
        uint64_t turn = server->turns;

        if (receive != 0) {
            trap.x9 |= QUOLL_FLAG_RECEIVE;
            trap.x11 = receive;
        }
        quoll_trap(&trap);
        if (turn < SERVER_LOG) {
            server->x8[turn] = trap.x8;
            server->word[turn] = trap.word[QUOLL_X8_KIND(trap.x8) == QUOLL_KIND_MESSAGE ? 7 : 0];
        }
        server->turns = turn + 1;
        message = QUOLL_X8_KIND(trap.x8) == QUOLL_KIND_MESSAGE;
        if (message && (trap.x8 & QUOLL_X8_CAPABILITY) != 0)
            receive = 0;
        trap.x9 = QUOLL_CALL_self_reply_wait | (message ? 0 : QUOLL_FLAG_NO_REPLY);
        if (!message && (trap.word[0] & 2) != 0)
            quoll_notification_signal(SERVER_BOUND, turn < SERVER_LOG ? 2 : 1);
        if (message)
            serve((unsigned)n, &trap, &receive);
    }
}

void server_start(unsigned n, uint8_t priority, bool passive)
{
    bool reply_first = servers[n].reply_first;

    servers[n] = (struct server){.reply_first = reply_first};
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_GATE + n));
    if (passive)
        child_start_passive(n, server_main, n, priority);
    else
        child_start(n, server_main, n, priority);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL + n, TEST_CHILD + n, n + 1));
    test_sleep(TICKS_MS);
    servers[n].reply_first = false;
}

void server_again(unsigned n)
{
    child_run(n, server_main, n);
}

static void caller_main(uint64_t n)
{
    volatile struct request *request = &requests[n];
    struct quoll_trap trap = {
        .x8 = request->portal, .x9 = QUOLL_CALL_portal_call | request->flags, .x10 = request->x10, .x11 = request->x11};

    for (unsigned i = 0; i < 8; i++)
        trap.word[i] = request->word[i];
    request->begin = test_ticks();
    quoll_trap(&trap);
    request->end = test_ticks();
    for (unsigned i = 0; i < 8; i++)
        request->word[i] = trap.word[i];
    request->x8 = trap.x8;
}

void caller_run(unsigned n)
{
    child_run(n, caller_main, n);
}

void caller_start_on(unsigned n, uint8_t priority, unsigned server, uint64_t operation, uint64_t argument,
                     uint64_t time, uint64_t period)
{
    requests[n] =
        (struct request){.portal = SERVER_PORTAL + server, .word = {operation, argument, [7] = n}, .x8 = ~UINT64_C(0)};
    child_make(n, priority, time, period);
    caller_run(n);
}

void caller_start(unsigned n, uint8_t priority, unsigned server, uint64_t operation, uint64_t argument)
{
    caller_start_on(n, priority, server, operation, argument, TICKS_MS / 20, TICKS_MS);
    test_sleep(TICKS_MS);
}

uint64_t caller_error(unsigned n)
{
    return child_wait(n) ? (uint32_t)requests[n].x8 : ~UINT64_C(0);
}

struct quoll_message server_call(unsigned server, uint64_t operation, uint64_t a, uint64_t b)
{
    struct quoll_message message = {.word = {operation, a, b}};

    quoll_call(SERVER_PORTAL + server, &message);
    return message;
}
