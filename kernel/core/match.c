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
#include "notification.h"
#include "preempt.h"
#include "thread.h"
#include "vcpu.h"

enum {
    NOTIFY_VALUES_MAX = 64,
    CLEAR_BATCH = 8, /* places emptied in one step of destruction */
};
static_assert(QUOLL_MATCH_COUNT % CLEAR_BATCH == 0, "steps end with the table");
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

static unsigned place(uint64_t key, unsigned probe)
{
    return (hash(key) + probe) % QUOLL_MATCH_COUNT;
}

static const struct match_entry *find(const struct match_table *table, uint64_t key)
{
    unsigned reach = table->reach[hash(key)];

    for (unsigned probe = 0; probe < reach; probe++)
        if (table->key[place(key, probe)] == key)
            return &table->entry[place(key, probe)];
    return NULL;
}

/* Raise flags of the service's, which most often is more urgent than the guest. */
static void ring(const struct slot *bell, uint64_t flags)
{
    struct notification *notification = container_of(bell->object, struct notification, object);

    flags &= bell->label;
    if (flags != 0 && notification_preempt(arch_core(), notification, flags) == NULL)
        notification_raise(notification, flags);
}

bool match_store(const struct match_entry *entry, uint64_t value)
{
    if (entry->action == MATCH_IGNORE)
        return true;
    if (value >= entry->value)
        return false;
    ring(&entry->notification, UINT64_C(1) << value);
    return true;
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
    if (access->write)
        return match_store(entry, value & (UINT64_MAX >> (64 - 8 * access->size)));
    *result = entry->value;
    return true;
}

/* Its place counts as reached until the table forgets an access of the same hash. */
void match_lost(struct match_entry *entry)
{
    *entry->key = 0;
}

enum progress match_clear_step(struct vcpu *vcpu)
{
    struct match_table *table = &vcpu->match;

    if (table->cleared == QUOLL_MATCH_COUNT)
        return PROGRESS_DONE;
    for (unsigned i = 0; i < CLEAR_BATCH; i++, table->cleared++) {
        slot_clear(&table->entry[table->cleared].notification);
        table->key[table->cleared] = 0;
        table->reach[table->cleared] = 0;
    }
    return PROGRESS_MORE;
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

    if (vcpu == NULL || arch_fault())
        return QUOLL_BAD_TYPE;
    if ((size != 1 && size != 2 && size != 4 && size != 8) || !is_aligned(address, size) ||
        !range_fits(address, size, QUOLL_ADDRESS_LIMIT))
        return QUOLL_BAD_ARGUMENT;
    for (unsigned i = 0; i < QUOLL_MATCH_COUNT; i++) {
        uint64_t key = vcpu->match.key[i];

        if (key != 0 && ranges_overlap(key_address(key), key_size(key), address, size))
            return QUOLL_OVERLAP;
    }
    wanted->key = MATCH_KEY(address, (unsigned)__builtin_ctzll(size), write);
    for (wanted->probe = 0; wanted->probe < MATCH_PROBES; wanted->probe++)
        if (vcpu->match.key[place(wanted->key, wanted->probe)] == 0)
            return QUOLL_OK;
    return QUOLL_NO_SPACE;
}

static struct match_entry *add(const struct call *call, const struct wanted *wanted, enum match_action action,
                               uint64_t value)
{
    struct match_table *table = &call_vcpu(call)->match;
    unsigned index = place(wanted->key, wanted->probe);
    struct match_entry *entry = &table->entry[index];
    uint8_t *reach = &table->reach[hash(wanted->key)];

    table->key[index] = wanted->key;
    entry->key = &table->key[index];
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

/* Free the place, and learn how far those of its hash reach now. */
static void forget(struct match_table *table, unsigned index)
{
    unsigned home = hash(table->key[index]);
    uint8_t reach = 0;

    table->key[index] = 0;
    for (unsigned probe = 0; probe < MATCH_PROBES; probe++) {
        uint64_t other = table->key[(home + probe) % QUOLL_MATCH_COUNT];

        if (other != 0 && hash(other) == home)
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
        if (vcpu->match.key[i] != 0 && key_address(vcpu->match.key[i]) == call->value[0]) {
            slot_clear(&vcpu->match.entry[i].notification);
            forget(&vcpu->match, i);
            return QUOLL_OK;
        }
    }
    return QUOLL_NOT_FOUND;
}
