/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A hash table with open addressing: an access may stand at its own place or the MATCH_PROBES - 1 behind it, with
 * gaps anywhere between, so removal moves nothing. How far one has to look is kept for each hash: most accesses that
 * nobody put there are known not to be there at once.
 */
#include "match.h"

#include "calls.h"
#include "check.h"
#include "notification.h"
#include "thread.h"
#include "vcpu.h"

enum { NOTIFY_VALUES_MAX = 64 };
static_assert(sizeof(struct match_entry) == 1 << MATCH_ENTRY_SHIFT, "assembly indexes entries by a shift");

static uint64_t key_address(uint64_t key)
{
    return key & (QUOLL_ADDRESS_LIMIT - 1);
}

static uint64_t key_size(uint64_t key)
{
    return UINT64_C(1) << (key >> MATCH_KEY_SIZE & 3);
}

static unsigned hash(uint64_t key)
{
    return (unsigned)(key_address(key) * MATCH_HASH >> MATCH_HASH_SHIFT);
}

static struct match_entry *place(struct match_table *table, uint64_t key, unsigned probe)
{
    return &table->entry[(hash(key) + probe) % QUOLL_MATCH_COUNT];
}

static const struct match_entry *find(struct match_table *table, uint64_t key)
{
    unsigned reach = table->reach[hash(key)];

    for (unsigned probe = 0; probe < reach; probe++) {
        const struct match_entry *entry = place(table, key, probe);

        if (entry->key == key)
            return entry;
    }
    return NULL;
}

bool match_access(struct vcpu *vcpu, const struct vcpu_access *access, uint64_t address, uint64_t value,
                  uint64_t *result)
{
    const struct match_entry *entry = NULL;

    if (address >= QUOLL_ADDRESS_LIMIT)
        return false;
    entry = find(&vcpu->match, MATCH_KEY(address, (unsigned)__builtin_ctz(access->size), access->write));
    if (entry == NULL)
        return false;
    if (access->size < sizeof(value))
        value &= (UINT64_C(1) << (8 * access->size)) - 1;
    switch ((enum match_action)entry->action) {
    case MATCH_NOTIFY:
        if (value >= entry->value)
            return false;
        notification_raise_slot(&entry->notification, UINT64_C(1) << value);
        break;
    case MATCH_CONSTANT:
        *result = entry->value;
        break;
    case MATCH_IGNORE:
        break;
    }
    return true;
}

/* Its place counts as reached until the table forgets an access of the same hash. */
void match_lost(struct match_entry *entry)
{
    entry->key = 0;
}

void match_clear(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < QUOLL_MATCH_COUNT; i++) {
        slot_clear(&vcpu->match.entry[i].notification);
        vcpu->match.entry[i].key = 0;
        vcpu->match.reach[i] = 0;
    }
}

static struct vcpu *call_vcpu(const struct call *call)
{
    return container_of(call->object, struct thread, object)->vcpu;
}

/* What a call wants to enter: its key, and how far from the place that its hash says there is room. */
struct wanted {
    uint64_t key;
    unsigned probe;
};

/* May an entry for the access in the call's first arguments be made? */
static enum quoll_error find_place(const struct call *call, bool write, struct wanted *wanted)
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
        const struct match_entry *entry = &vcpu->match.entry[i];

        if (entry->key != 0 && ranges_overlap(key_address(entry->key), key_size(entry->key), address, size))
            return QUOLL_OVERLAP;
    }
    wanted->key = MATCH_KEY(address, (unsigned)__builtin_ctzll(size), write);
    for (wanted->probe = 0; wanted->probe < MATCH_PROBES; wanted->probe++)
        if (place(&vcpu->match, wanted->key, wanted->probe)->key == 0)
            return QUOLL_OK;
    return QUOLL_NO_SPACE;
}

static struct match_entry *add(const struct call *call, const struct wanted *wanted, enum match_action action,
                               uint64_t value)
{
    struct match_table *table = &call_vcpu(call)->match;
    struct match_entry *entry = place(table, wanted->key, wanted->probe);
    uint8_t *reach = &table->reach[hash(wanted->key)];

    entry->key = wanted->key;
    entry->action = action;
    entry->value = value;
    if (*reach < wanted->probe + 1)
        *reach = (uint8_t)(wanted->probe + 1);
    return entry;
}

int thread_call_match_notify(struct call *call)
{
    struct slot *notification = call->capability[2];
    uint64_t values = call->value[3];
    struct match_entry *entry = NULL;
    struct wanted wanted = {0};
    enum quoll_error error = find_place(call, true, &wanted);

    if (error != QUOLL_OK)
        return error;
    if (values == 0 || values > NOTIFY_VALUES_MAX)
        return QUOLL_BAD_ARGUMENT;
    error = slot_check_derive(notification);
    if (error != QUOLL_OK)
        return error;
    entry = add(call, &wanted, MATCH_NOTIFY, values);
    entry->notification.use = SLOT_MATCH;
    slot_derive(&entry->notification, notification, QUOLL_RIGHT_SIGNAL, notification->label);
    return QUOLL_OK;
}

int thread_call_match_constant(struct call *call)
{
    struct wanted wanted = {0};
    enum quoll_error error = find_place(call, false, &wanted);

    if (error == QUOLL_OK)
        add(call, &wanted, MATCH_CONSTANT, call->value[2] & (UINT64_MAX >> (64 - 8 * call->value[1])));
    return error;
}

int thread_call_match_ignore(struct call *call)
{
    struct wanted wanted = {0};
    enum quoll_error error = find_place(call, true, &wanted);

    if (error == QUOLL_OK)
        add(call, &wanted, MATCH_IGNORE, 0);
    return error;
}

/* Free the entry's place, and learn how far those of its hash reach now. */
static void forget(struct match_table *table, struct match_entry *entry)
{
    unsigned home = hash(entry->key);
    uint8_t reach = 0;

    entry->key = 0;
    for (unsigned probe = 0; probe < MATCH_PROBES; probe++) {
        const struct match_entry *other = &table->entry[(home + probe) % QUOLL_MATCH_COUNT];

        if (other->key != 0 && hash(other->key) == home)
            reach = (uint8_t)(probe + 1);
    }
    table->reach[home] = reach;
}

int thread_call_match_remove(struct call *call)
{
    struct vcpu *vcpu = call_vcpu(call);

    if (vcpu == NULL)
        return QUOLL_BAD_TYPE;
    for (unsigned i = 0; i < QUOLL_MATCH_COUNT; i++) {
        struct match_entry *entry = &vcpu->match.entry[i];

        if (entry->key != 0 && key_address(entry->key) == call->value[0]) {
            slot_clear(&entry->notification);
            forget(&vcpu->match, entry);
            return QUOLL_OK;
        }
    }
    return QUOLL_NOT_FOUND;
}
