/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Capability lists: copy, delete, revoke, inspect.
 */
#include "arch.h"
#include "calls.h"
#include "domain.h"
#include "thread.h"

/*
 * The label that a copy gets. Portals: any, for who holds RIGHT_MINT; 0 keeps it. Notifications: the flags that the
 * copy may raise, among those that the source may; 0 keeps them.
 */
static enum quoll_error copied_label(const struct slot *source, uint64_t asked, uint64_t *label)
{
    *label = source->label;
    if (asked == 0)
        return QUOLL_OK;
    switch (source->object->type) {
    case QUOLL_TYPE_PORTAL:
        if ((source->rights & QUOLL_RIGHT_MINT) == 0)
            return QUOLL_NO_RIGHT;
        if (asked > QUOLL_LABEL_MAX)
            return QUOLL_BAD_ARGUMENT;
        *label = asked | (uint64_t)QUOLL_KIND_MESSAGE << 56;
        return QUOLL_OK;
    case QUOLL_TYPE_NOTIFICATION:
        *label &= asked;
        return *label != 0 ? QUOLL_OK : QUOLL_BAD_ARGUMENT;
    default:
        return QUOLL_BAD_ARGUMENT;
    }
}

int domain_call_copy(struct call *call)
{
    struct domain *domain = container_of(call->object, struct domain, object);
    struct slot *source = domain_slot(call->thread->domain, call->value[1]);
    struct slot *destination = NULL;
    uint64_t label = 0;
    enum quoll_error error = domain_empty_slot(domain, call->value[0], &destination);

    if (error != QUOLL_OK)
        return error;
    if (source == NULL || source->object == NULL || source->object->dying)
        return QUOLL_BAD_CAPABILITY;
    if (call->value[2] > QUOLL_RIGHTS_ALL)
        return QUOLL_BAD_ARGUMENT;
    error = copied_label(source, call->value[3], &label);
    if (error == QUOLL_OK)
        error = slot_check_derive(source);
    if (error != QUOLL_OK)
        return error;
    slot_derive(destination, source, (uint16_t)(source->rights & call->value[2]), label);
    return QUOLL_OK;
}

int domain_call_revoke(struct call *call)
{
    struct slot *slot = domain_slot(container_of(call->object, struct domain, object), call->value[0]);

    if (slot == NULL || slot->object == NULL)
        return QUOLL_BAD_CAPABILITY;
    while (slot_revoke_one(slot))
        if (arch_interrupt_waiting())
            return ANSWER_RESTART;
    return QUOLL_OK;
}

int domain_call_delete(struct call *call)
{
    int answer = domain_call_revoke(call);

    if (answer == QUOLL_OK)
        slot_clear(domain_slot(container_of(call->object, struct domain, object), call->value[0]));
    return answer;
}

int domain_call_inspect(struct call *call)
{
    const struct slot *slot = domain_slot(container_of(call->object, struct domain, object), call->value[0]);

    if (slot == NULL)
        return QUOLL_BAD_CAPABILITY;
    call_result(call, 0, slot->object != NULL ? slot->object->type : QUOLL_TYPE_NONE);
    call_result(call, 1, slot->rights);
    call_result(call, 2, slot->label);
    return QUOLL_OK;
}
