/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "root.h"

#include "abi/plan.h"
#include "component.h"
#include "rt/message.h"

static enum quoll_error ask(struct quoll_message *message)
{
    enum quoll_error error = quoll_call(COMPONENT_CAP_ROOT, message);

    return error != QUOLL_OK ? error : (enum quoll_error)message->word[0];
}

enum quoll_error root_ask(enum root_operation operation, uint64_t argument)
{
    return ask(&(struct quoll_message){.word = {operation, argument}});
}

/* One that stopped itself has to be started, not made again. */
void root_make(uint32_t component)
{
    if (root_ask(ROOT_RESTART, component) != QUOLL_OK)
        (void)root_ask(ROOT_START, component);
}

bool root_has_stopped(uint32_t component)
{
    struct quoll_message message = {.word = {ROOT_STATE, component}};

    return ask(&message) == QUOLL_OK && message.word[1] == ROOT_STATE_STOPPED;
}

uint64_t root_free_memory(void)
{
    struct quoll_message message = {.word = {ROOT_MEMORY}};

    return ask(&message) == QUOLL_OK ? message.word[1] : 0;
}

uint64_t root_times_made(uint32_t component)
{
    struct quoll_message message = {.word = {ROOT_STATE, component}};

    return ask(&message) == QUOLL_OK && message.word[1] == ROOT_STATE_RUNNING ? message.word[2] : 0;
}

uint64_t root_ticks_used(uint32_t component)
{
    struct quoll_message message = {.word = {ROOT_THREAD, component}};

    return ask(&message) == QUOLL_OK ? message.word[3] : 0;
}
