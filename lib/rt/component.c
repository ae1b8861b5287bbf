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

void component_wait_until(uint64_t ticks)
{
    deadline = ticks;
}

void component_reply_capability(uint32_t index, uint32_t rights)
{
    reply_index = index;
    reply_rights = rights;
}

void component_receive_at(uint32_t index)
{
    receive_index = index;
}

void component_keep_flags(uint64_t flags)
{
    kept_flags |= flags;
}

uint64_t component_take_flags(void)
{
    uint64_t flags = kept_flags;

    kept_flags = 0;
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
        deadline = QUOLL_FOREVER;
        component_deadline();
    }
}

/*
 * An answer is owed from one turn to the next, never kept for longer: when something else is due, the wait that
 * carries the answer does not block (its deadline is in the past).
 */
static _Noreturn void loop(void)
{
    struct quoll_message message = {0};
    bool owed = false;

    for (;;) {
        if (!owed)
            deliver_kept();
        bool due = kept_flags != 0;
        struct quoll_wait wait = {
            .no_reply = !owed,
            .capability = reply_index,
            .rights = reply_rights,
            .receive = receive_index,
            .deadline = due ? 0 : deadline,
        };
        enum quoll_kind kind = quoll_reply_wait(&message, &wait);

        owed = kind == QUOLL_KIND_MESSAGE;
        reply_index = 0;
        if (owed)
            component_message(message.label, &message);
        else if (kind == QUOLL_KIND_NOTIFICATION)
            deliver(message.word[0]);
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
