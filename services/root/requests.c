/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "requests.h"

#include <string.h>

#include "log.h"
#include "root.h"
#include "rt/calls.h"
#include "rt/time.h"
#include "supervise.h"

static uint64_t next_to_read = 0;
static uint64_t announced = 0;

static void read_log(struct quoll_message *message)
{
    uint64_t start = 0;
    uint64_t position = message->word[1] == ROOT_LOG_NEXT ? next_to_read : message->word[1];
    char bytes[ROOT_LOG_BYTES] = {0};
    size_t length = log_read(position, bytes, sizeof(bytes), &start);

    message->word[1] = length;
    message->word[2] = start;
    memcpy(&message->word[3], bytes, sizeof(bytes));
    if (start + length > next_to_read)
        next_to_read = start + length;
}

static void tell_state(struct quoll_message *message, uint32_t component)
{
    const struct component_record *record = &root.component[component];

    message->word[1] = record->state;
    message->word[2] = record->restarts;
    message->word[3] = time_ticks_to_ns(supervise_watchdog_left(component));
    memcpy(&message->word[4], component_name(component), PLAN_NAME_MAX);
}

static void tell_memory(struct quoll_message *message)
{
    message->word[1] = root.ram.free;
    message->word[2] = root.ram.total;
    message->word[3] = allocator_largest(&root.ram);
}

uint32_t requests_receive_index(void)
{
    for (uint32_t i = 0; i <= ROOT_COMPONENTS_MAX; i++) {
        bool taken = false;

        for (uint32_t c = 0; c < root.plan.components; c++)
            taken = taken || root.component[c].shown == shown_capability(i);
        if (!taken)
            return shown_capability(i);
    }
    return 0; /* not reached: there is one more than components */
}

void requests_forget_thread(uint32_t component)
{
    struct component_record *record = &root.component[component];

    /* The slot is empty already when the thread has ended. */
    if (record->shown)
        (void)quoll_domain_delete(BOOT_CAP_DOMAIN, record->shown);
    record->shown = 0;
}

static enum quoll_error show_thread(uint32_t component, uint32_t capability)
{
    if (!capability)
        return QUOLL_BAD_CAPABILITY;
    requests_forget_thread(component);
    root.component[component].shown = capability;
    return QUOLL_OK;
}

/* The budget of the component that is not its own main thread's, or null. */
static const struct plan_object *further_budget(uint32_t component)
{
    for (uint32_t i = 0; i < root.plan.objects; i++) {
        const struct plan_object *o = &root.plan.object[i];

        if (o->kind == PLAN_BUDGET && o->owner == component && root.plan.component[component].budget != i)
            return o;
    }
    return NULL;
}

static enum quoll_error tell_thread(struct quoll_message *message, uint32_t component)
{
    const struct plan_object *budget = further_budget(component);
    struct quoll_result thread = {.error = QUOLL_NOT_FOUND};

    if (root.component[component].shown)
        thread = quoll_thread_status(root.component[component].shown);
    if (thread.error)
        return QUOLL_NOT_FOUND;
    message->word[1] = thread.word[0];
    message->word[2] = thread.word[1];
    message->word[3] = thread.word[3];
    message->word[4] = thread.word[4];
    message->word[5] = budget ? budget->a : 0;
    message->word[6] = budget ? budget->b : 0;
    return QUOLL_OK;
}

static enum quoll_error power(uint64_t action)
{
    if (action != QUOLL_POWER_OFF && action != QUOLL_POWER_RESET)
        return QUOLL_BAD_ARGUMENT;
    log_line(action == QUOLL_POWER_RESET ? "reset" : "power off");
    return quoll_pool_power(BOOT_CAP_POOL, action).error;
}

/* Requests that only who may control others can make. */
static enum quoll_error control(struct quoll_message *message)
{
    uint64_t operation = message->word[0];
    uint64_t argument = message->word[1];

    switch (operation) {
    case ROOT_LOG_READ:
        read_log(message);
        return QUOLL_OK;
    case ROOT_MEMORY:
        tell_memory(message);
        return QUOLL_OK;
    case ROOT_POWER:
        return power(argument);
    case ROOT_STATE:
    case ROOT_THREAD:
    case ROOT_RESTART:
    case ROOT_STOP:
    case ROOT_START:
    case ROOT_PROVOKE:
        break;
    default:
        return QUOLL_BAD_CALL;
    }
    if (argument >= root.plan.components)
        return QUOLL_NOT_FOUND;
    uint32_t component = (uint32_t)argument;

    if (operation == ROOT_STATE) {
        tell_state(message, component);
        return QUOLL_OK;
    }
    if (operation == ROOT_THREAD)
        return tell_thread(message, component);
    if (operation == ROOT_PROVOKE)
        return supervise_provoke(component, message->word[2]);
    return supervise_request(component, operation == ROOT_RESTART ? PENDING_RESTART
                                        : operation == ROOT_STOP  ? PENDING_STOP
                                                                  : PENDING_START);
}

static enum quoll_error answer(struct quoll_message *message)
{
    uint32_t client = ROOT_LABEL_NUMBER(message->label);

    if (client >= root.plan.components)
        return QUOLL_BAD_ARGUMENT;
    switch (message->word[0]) {
    case ROOT_EXIT:
        log_line("%s: exit, status %d", component_name(client), (int)message->word[1]);
        return supervise_request(client, PENDING_STOP);
    case ROOT_RESTART_SELF:
        return supervise_request(client, PENDING_RESTART_SELF);
    case ROOT_STOP_SELF:
        return supervise_request(client, PENDING_STOP);
    case ROOT_SHOW_THREAD:
        return show_thread(client, message->capability);
    default:
        return message->label & ROOT_LABEL_CONTROL ? control(message) : QUOLL_NO_RIGHT;
    }
}

static bool makes_work(uint64_t operation)
{
    switch (operation) {
    case ROOT_EXIT:
    case ROOT_RESTART_SELF:
    case ROOT_STOP_SELF:
    case ROOT_RESTART:
    case ROOT_STOP:
    case ROOT_START:
        return true;
    default:
        return false;
    }
}

bool requests_answer(struct quoll_message *message)
{
    uint64_t operation = message->word[0];

    message->word[0] = (uint64_t)answer(message);
    /* A capability that nobody asked for. */
    if (message->capability && (operation != ROOT_SHOW_THREAD || message->word[0] != QUOLL_OK))
        (void)quoll_domain_delete(BOOT_CAP_DOMAIN, message->capability);
    return message->word[0] == QUOLL_OK && makes_work(operation);
}

void requests_announce_log(void)
{
    if (announced == log_end())
        return;
    announced = log_end();
    for (uint32_t i = 0; i < root.plan.capabilities; i++) {
        const struct plan_capability *c = &root.plan.capability[i];
        const struct plan_component *holder = &root.plan.component[c->component];
        const struct plan_object *object = &root.plan.object[c->object];

        if (object->kind == PLAN_PORTAL && object->owner == PLAN_SYSTEM && c->label & ROOT_LABEL_CONTROL &&
            root.component[c->component].made && holder->notification != PLAN_NONE)
            (void)quoll_notification_signal(object_capability(holder->notification), ROOT_NEWS_FLAG);
    }
}
