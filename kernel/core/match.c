/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A hash table with open addressing: an address may stand at its own place or the MATCH_PROBES - 1 behind it, with
 * gaps anywhere between, so removal moves nothing.
 */
#include "match.h"

#include "calls.h"
#include "check.h"
#include "notification.h"
#include "thread.h"
#include "vcpu.h"

enum { NOTIFY_VALUES_MAX = 64 };

static struct match_entry *place(struct vcpu *vcpu, uint64_t address, unsigned probe)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 divided by the golden ratio */

    return &vcpu->match[((address * golden >> 58) + probe) % QUOLL_MATCH_COUNT];
}

struct match_entry *match_find(struct vcpu *vcpu, uint64_t address, unsigned size)
{
    for (unsigned probe = 0; probe < MATCH_PROBES; probe++) {
        struct match_entry *entry = place(vcpu, address, probe);

        if (entry->action != MATCH_NONE && entry->address == address && entry->size == size)
            return entry;
    }
    return NULL;
}

bool match_access(struct vcpu *vcpu, const struct vcpu_access *access, uint64_t address, uint64_t value,
                  uint64_t *result)
{
    const struct match_entry *entry = match_find(vcpu, address, access->size);

    if (access->size < sizeof(value))
        value &= (UINT64_C(1) << (8 * access->size)) - 1;
    switch (entry != NULL ? (enum match_action)entry->action : MATCH_NONE) {
    case MATCH_NOTIFY:
        if (!access->write || value >= entry->value)
            return false;
        notification_raise_slot(&entry->notification, UINT64_C(1) << value);
        return true;
    case MATCH_CONSTANT:
        *result = entry->value;
        return !access->write;
    case MATCH_IGNORE:
        return access->write;
    case MATCH_NONE:
        break;
    }
    return false;
}

void match_lost(struct match_entry *entry)
{
    entry->action = MATCH_NONE;
}

void match_clear(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < QUOLL_MATCH_COUNT; i++) {
        slot_clear(&vcpu->match[i].notification);
        vcpu->match[i].action = MATCH_NONE;
    }
}

static struct vcpu *call_vcpu(const struct call *call)
{
    return container_of(call->object, struct thread, object)->vcpu;
}

/* May an entry for the access in the call's first arguments be made, and where? */
static enum quoll_error find_place(const struct call *call, struct match_entry **found)
{
    struct vcpu *vcpu = call_vcpu(call);
    uint64_t address = call->value[0];
    uint64_t size = call->value[1];

    if (vcpu == NULL)
        return QUOLL_BAD_TYPE;
    if ((size != 1 && size != 2 && size != 4 && size != 8) || !is_aligned(address, size) ||
        !range_fits(address, size, QUOLL_ADDRESS_LIMIT))
        return QUOLL_BAD_ARGUMENT;
    for (unsigned i = 0; i < QUOLL_MATCH_COUNT; i++) {
        const struct match_entry *entry = &vcpu->match[i];

        if (entry->action != MATCH_NONE && ranges_overlap(entry->address, entry->size, address, size))
            return QUOLL_OVERLAP;
    }
    for (unsigned probe = 0; probe < MATCH_PROBES; probe++) {
        *found = place(vcpu, address, probe);
        if ((*found)->action == MATCH_NONE)
            return QUOLL_OK;
    }
    return QUOLL_NO_SPACE;
}

static void set_entry(struct match_entry *entry, const struct call *call, enum match_action action, uint64_t value)
{
    entry->address = call->value[0];
    entry->size = (uint8_t)call->value[1];
    entry->action = (uint8_t)action;
    entry->value = value;
}

int thread_call_match_notify(struct call *call)
{
    struct slot *notification = call->capability[2];
    uint64_t values = call->value[3];
    struct match_entry *entry = NULL;
    enum quoll_error error = find_place(call, &entry);

    if (error != QUOLL_OK)
        return error;
    if (values == 0 || values > NOTIFY_VALUES_MAX)
        return QUOLL_BAD_ARGUMENT;
    error = slot_check_derive(notification);
    if (error != QUOLL_OK)
        return error;
    set_entry(entry, call, MATCH_NOTIFY, values);
    entry->notification.use = SLOT_MATCH;
    slot_derive(&entry->notification, notification, QUOLL_RIGHT_SIGNAL, notification->label);
    return QUOLL_OK;
}

int thread_call_match_constant(struct call *call)
{
    struct match_entry *entry = NULL;
    enum quoll_error error = find_place(call, &entry);

    if (error == QUOLL_OK)
        set_entry(entry, call, MATCH_CONSTANT, call->value[2]);
    return error;
}

int thread_call_match_ignore(struct call *call)
{
    struct match_entry *entry = NULL;
    enum quoll_error error = find_place(call, &entry);

    if (error == QUOLL_OK)
        set_entry(entry, call, MATCH_IGNORE, 0);
    return error;
}

int thread_call_match_remove(struct call *call)
{
    struct vcpu *vcpu = call_vcpu(call);

    if (vcpu == NULL)
        return QUOLL_BAD_TYPE;
    for (unsigned probe = 0; probe < MATCH_PROBES; probe++) {
        struct match_entry *entry = place(vcpu, call->value[0], probe);

        if (entry->action != MATCH_NONE && entry->address == call->value[0]) {
            slot_clear(&entry->notification);
            entry->action = MATCH_NONE;
            return QUOLL_OK;
        }
    }
    return QUOLL_NOT_FOUND;
}
