/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rt/component.h"

#include <stdio.h>
#include <stdlib.h>

#include "abi/plan.h"
#include "rt/console.h"
#include "rt/time.h"
#include "services/root/protocol.h"

struct component_exchange component_exchange = {QUOLL_CALL_self_reply_wait, QUOLL_FOREVER};

static uint64_t kept_flags = 0;
static uint64_t deadline = QUOLL_FOREVER;
static uint32_t receive_index = 0;
static uint32_t reply_index = 0;
static uint32_t reply_rights = 0;

__attribute__((weak)) void component_message(uint64_t label, struct quoll_message *message)
{
    (void)label;
    *message = (struct quoll_message){0};
}

__attribute__((weak)) void component_notification(uint64_t flags)
{
    (void)flags;
}

__attribute__((weak)) void component_deadline(void)
{
}

/* Something that the next wait depends on has changed. */
static void prepare(void)
{
    bool simple = kept_flags == 0 && receive_index == 0 && reply_index == 0;

    component_exchange.number_and_flags =
        simple ? QUOLL_CALL_self_reply_wait | (deadline != QUOLL_FOREVER ? QUOLL_FLAG_DEADLINE : 0) : 0;
    component_exchange.deadline = deadline;
}

void component_wait_until(uint64_t ticks)
{
    deadline = ticks;
    prepare();
}

void component_reply_capability(uint32_t index, uint32_t rights)
{
    reply_index = index;
    reply_rights = rights;
    prepare();
}

void component_receive_at(uint32_t index)
{
    receive_index = index;
    prepare();
}

void component_keep_flags(uint64_t flags)
{
    kept_flags |= flags;
    prepare();
}

uint64_t component_take_flags(void)
{
    uint64_t flags = kept_flags;

    kept_flags = 0;
    prepare();
    return flags;
}

static void deliver(uint64_t flags)
{
    if (flags & COMPONENT_FLAG_RESTARTED)
        console_peer_restarted();
    component_notification(flags);
}

/* What came while nobody owes an answer: kept flags, then a deadline that has passed. */
static void deliver_kept(void)
{
    while (kept_flags)
        deliver(component_take_flags());
    if (deadline != QUOLL_FOREVER && time_ticks() >= deadline) {
        component_wait_until(QUOLL_FOREVER);
        component_deadline();
    }
}

bool component_received(struct quoll_message *message, uint64_t x8)
{
    enum quoll_kind kind = (enum quoll_kind)QUOLL_X8_KIND(x8);

    message->label = QUOLL_X8_LABEL(x8);
    message->error = kind == QUOLL_KIND_STATUS ? (enum quoll_error)(uint32_t)x8 : QUOLL_OK;
    message->capability = 0;
    if (kind == QUOLL_KIND_NOTIFICATION)
        deliver(message->word[0]);
    return kind == QUOLL_KIND_MESSAGE;
}

/*
 * One wait, with or without an answer. When something else is due while one is owed, the wait that carries the answer
 * does not block (its deadline is in the past), so that no caller waits for it.
 */
static bool take(struct quoll_message *message, bool owed)
{
    struct quoll_wait wait = {
        .no_reply = !owed,
        .capability = reply_index,
        .rights = reply_rights,
        .receive = receive_index,
        .deadline = kept_flags != 0 ? 0 : deadline,
    };
    enum quoll_kind kind = QUOLL_KIND_STATUS;

    reply_index = 0;
    prepare();
    kind = quoll_reply_wait(message, &wait);
    if (kind == QUOLL_KIND_NOTIFICATION)
        deliver(message->word[0]);
    return kind == QUOLL_KIND_MESSAGE;
}

void component_next(struct quoll_message *message, bool owed)
{
    if (owed && take(message, true))
        return;
    do
        deliver_kept();
    while (!take(message, false));
}

static _Noreturn void loop(void)
{
    struct quoll_message message = {0};

    component_next(&message, false);
    for (;;) {
        component_message(message.label, &message);
        component_next(&message, true);
    }
}

__attribute__((weak)) _Noreturn void runtime_main(void)
{
    component_start();
    fflush(stdout);
    loop();
}

enum quoll_error component_show_thread(uint32_t thread)
{
    struct quoll_message message = {.word = {ROOT_SHOW_THREAD}};
    enum quoll_error error = quoll_call_send(COMPONENT_CAP_ROOT, &message, thread, QUOLL_RIGHT_READ, 0);

    return error ? error : (enum quoll_error)message.word[0];
}

/* Root answers at once and takes the component apart on its own time; until then nothing is left to do here. */
static _Noreturn void leave(uint64_t operation, uint64_t argument)
{
    struct quoll_message message = {.word = {operation, argument}};

    fflush(stdout);
    if (quoll_call(COMPONENT_CAP_ROOT, &message) == QUOLL_OK && message.word[0] == QUOLL_OK) {
        for (;;)
            (void)quoll_reply_wait(&(struct quoll_message){0},
                                   &(struct quoll_wait){.no_reply = true, .deadline = QUOLL_FOREVER});
    }
    abort();
}

_Noreturn void component_exit(int status)
{
    leave(ROOT_EXIT, (uint64_t)(unsigned)status);
}

_Noreturn void component_restart(void)
{
    leave(ROOT_RESTART_SELF, 0);
}
