/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The dispatcher; any object, capability lists, address spaces, creation, pools, memory, budgets, interrupts.
 */
#include "tests/fuzz/model.h"

#include "tests/unit/kernel/specification.h"

#define PAGE         UINT64_C(4096)
#define POOL_LEAST   (UINT64_C(16) << 10)
#define POOL_MOST    (UINT64_C(1) << 30)
#define LINES_ALL    UINT64_MAX /* the line of the authority over all lines */
#define LINES_END    UINT64_C(256)
#define BUDGET_LEAST UINT64_C(64)

enum { NESTED_MOST = 8, FIRST_LINE = 32 };

struct model_slot *model_slot_at(struct model_object *domain, uint64_t index)
{
    return index != 0 && index < domain->domain.count ? &domain->domain.slots[index] : NULL;
}

static struct model_object *own_domain(const struct model_call *call)
{
    return call->thread->thread.domain;
}

static struct model_object *argument(const struct model_call *call, unsigned index)
{
    return call->capability[index]->object;
}

static void first_in(struct model_call *call, unsigned index, struct model_object *object, uint64_t label)
{
    model_first(model_slot_at(own_domain(call), call->x[index]), object, label);
}

static bool aligned(uint64_t a, uint64_t b, uint64_t c)
{
    return ((a | b | c) & (PAGE - 1)) == 0;
}

/* [base, base + size) is not within [0, limit) */
static bool beyond(uint64_t base, uint64_t size, uint64_t limit)
{
    return size > limit || base > limit - size;
}

void model_destination(struct model_call *call, uint64_t index)
{
    const struct model_slot *slot = model_slot_at(own_domain(call), index);

    model_refuse(call, slot == NULL, QUOLL_BAD_CAPABILITY);
    model_refuse(call, slot != NULL && slot->object != NULL, QUOLL_SLOT_TAKEN);
    call->only = call->refusals != 0;
}

/* The errors of the dispatcher, of which there is one at most. */
static bool look_up(struct model_call *call, uint64_t index, unsigned type, unsigned right, struct model_slot **slot)
{
    *slot = model_slot_at(own_domain(call), index);
    if (*slot == NULL || (*slot)->object == NULL)
        model_refuse(call, true, QUOLL_BAD_CAPABILITY);
    else if (type != ANY && (*slot)->object->type != type)
        model_refuse(call, true, QUOLL_BAD_TYPE);
    else
        model_refuse(call, ((*slot)->rights & right) != right, QUOLL_NO_RIGHT);
    return call->refusals == 0;
}

static void run(struct model_call *call, unsigned number)
{
    switch (number) {
#define CALL(number, object, name, ...) \
    case (number):                      \
        model_##object##_##name(call);  \
        break;
#include "abi/calls.def"
#undef CALL
    default:
        break;
    }
}

void model_dispatch(struct model_call *call)
{
    unsigned number = call->x[9] & 0xffff;
    const struct specification *found = 0;

    for (unsigned i = 0; i < specification_count; i++)
        if (specifications[i].number == number)
            found = &specifications[i];
    if (found == 0) {
        model_refuse(call, true, QUOLL_BAD_CALL);
        return;
    }
    if (found->object != SELF) {
        if (!call->commit && !look_up(call, call->x[8], found->object, found->right, &call->slot))
            return;
        call->object = call->slot->object;
    }
    for (unsigned i = 0; i < ARGUMENTS && !call->commit; i++)
        if (found->argument[i].type != 0 &&
            !look_up(call, call->x[i], found->argument[i].type, found->argument[i].right, &call->capability[i]))
            return;
    run(call, number);
}

/* ---- any object, and capability lists */

void model_any_destroy(struct model_call *call)
{
    model_refuse(call, model_holds(call->object, call->thread), QUOLL_SELF);
    model_refuse(call, call->object->permanent, QUOLL_BAD_STATE);
    if (call->commit)
        model_destroy(call->object);
}

void model_domain_copy(struct model_call *call)
{
    struct model_slot *destination = model_slot_at(call->object, call->x[0]);
    struct model_slot *source = model_slot_at(own_domain(call), call->x[1]);
    uint64_t asked = call->x[3];
    uint64_t label = 0;

    model_refuse(call, destination == NULL, QUOLL_BAD_CAPABILITY);
    model_refuse(call, destination != NULL && destination->object != NULL, QUOLL_SLOT_TAKEN);
    model_refuse(call, call->x[2] > QUOLL_RIGHTS_ALL, QUOLL_BAD_ARGUMENT);
    if (source == NULL || source->object == NULL) {
        model_refuse(call, true, QUOLL_BAD_CAPABILITY);
        return;
    }
    label = source->label;
    if (asked != 0) {
        bool portal = source->object->type == QUOLL_TYPE_PORTAL;
        bool notification = source->object->type == QUOLL_TYPE_NOTIFICATION;

        model_refuse(call, portal && (source->rights & QUOLL_RIGHT_MINT) == 0, QUOLL_NO_RIGHT);
        model_refuse(call, portal && asked > QUOLL_LABEL_MAX, QUOLL_BAD_ARGUMENT);
        model_refuse(call, notification && (label & asked) == 0, QUOLL_BAD_ARGUMENT);
        model_refuse(call, !portal && !notification, QUOLL_BAD_ARGUMENT);
        label = portal ? asked | (uint64_t)QUOLL_KIND_MESSAGE << 56 : label & asked;
    }
    model_refuse(call, model_deepest(source), QUOLL_TOO_DEEP);
    if (call->commit)
        model_derive(destination, source, source->rights & (unsigned)call->x[2], label);
}

void model_domain_revoke(struct model_call *call)
{
    struct model_slot *slot = model_slot_at(call->object, call->x[0]);

    model_refuse(call, slot == NULL || slot->object == NULL, QUOLL_BAD_CAPABILITY);
    if (call->commit)
        model_revoke(slot);
}

void model_domain_delete(struct model_call *call)
{
    model_domain_revoke(call);
    if (call->commit)
        model_clear(model_slot_at(call->object, call->x[0]));
}

void model_domain_inspect(struct model_call *call)
{
    struct model_slot *slot = model_slot_at(call->object, call->x[0]);

    model_refuse(call, slot == NULL, QUOLL_BAD_CAPABILITY);
    if (!call->commit)
        return;
    model_result(call, 0, slot->object != NULL ? slot->object->type : 0);
    model_result(call, 1, slot->rights);
    model_result(call, 2, slot->label);
}

/* ---- address spaces */

static bool mapped_in(const struct model_object *domain, uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < model.count; i++) {
        const struct model_object *object = &model.object[i];

        if (object->alive && object->type == MODEL_MAPPING && object->mapping.domain == domain &&
            object->mapping.address < address + size && address < object->mapping.address + object->mapping.size)
            return true;
    }
    return false;
}

static bool is_subdivided(const struct model_object *memory)
{
    for (unsigned i = 0; i < model.count; i++) {
        const struct model_object *object = &model.object[i];

        if (object->alive && (object->type == QUOLL_TYPE_MEMORY || object->type == QUOLL_TYPE_POOL) &&
            object->range.within == memory)
            return true;
    }
    return false;
}

void model_domain_map(struct model_call *call)
{
    struct model_object *memory = argument(call, 0);
    uint64_t address = call->x[2], offset = call->x[3], size = call->x[4], attributes = call->x[5];
    const uint64_t access = QUOLL_MAP_READ | QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE;
    bool both = (attributes & QUOLL_MAP_WRITE) != 0 && (attributes & QUOLL_MAP_EXECUTE) != 0;
    bool wrong = size == 0 || !aligned(address, offset, size) || beyond(address, size, QUOLL_ADDRESS_LIMIT) ||
                 beyond(offset, size, memory->range.size);
    struct model_object *mapping = 0;

    model_refuse(call, wrong, QUOLL_BAD_ARGUMENT);
    model_refuse(call, (attributes & ~(access | QUOLL_MAP_UNCACHED)) != 0 || (attributes & QUOLL_MAP_READ) == 0,
                 QUOLL_BAD_ARGUMENT);
    model_refuse(call, both && call->object->domain.kind == QUOLL_DOMAIN_NATIVE, QUOLL_BAD_ARGUMENT);
    model_refuse(call, (attributes & access & ~(uint64_t)call->capability[0]->rights) != 0, QUOLL_NO_RIGHT);
    model_refuse(call, is_subdivided(memory), QUOLL_BUSY);
    model_refuse(call, !wrong && mapped_in(call->object, address, size), QUOLL_OVERLAP);
    call->may |= 1u << QUOLL_NO_MEMORY;
    if (!call->commit)
        return;
    mapping = model_new(MODEL_MAPPING, argument(call, 1));
    mapping->mapping.domain = call->object;
    mapping->mapping.memory = memory;
    mapping->mapping.address = address;
    mapping->mapping.offset = offset;
    mapping->mapping.size = size;
    mapping->mapping.attributes = attributes;
}

void model_domain_unmap(struct model_call *call)
{
    struct model_object *found = 0;

    for (unsigned i = 0; i < model.count; i++) {
        struct model_object *object = &model.object[i];

        if (object->alive && object->type == MODEL_MAPPING && object->mapping.domain == call->object &&
            object->mapping.address == call->x[0])
            found = object;
    }
    model_refuse(call, found == 0, QUOLL_NOT_FOUND);
    if (call->commit)
        found->alive = false;
}

void model_domain_page(struct model_call *call)
{
    uint64_t address = call->x[1], size = call->x[2];

    model_refuse(call,
                 call->object->domain.kind == QUOLL_DOMAIN_VM || size == 0 || !aligned(address, size, 0) ||
                     beyond(address, size, QUOLL_ADDRESS_LIMIT),
                 QUOLL_BAD_ARGUMENT);
    model_refuse(call, model_deepest(call->capability[0]), QUOLL_TOO_DEEP);
    if (!call->commit)
        return;
    model_refer(&call->object->domain.pager, call->capability[0], call->capability[0]->label, call->object, USE_PAGER);
    call->object->domain.pager_base = address;
    call->object->domain.pager_size = size;
}

/* ---- creation */

static void check_range(struct model_call *call, const struct model_object *memory, uint64_t offset, uint64_t size)
{
    bool wrong = size == 0 || !aligned(offset, size, 0) || beyond(offset, size, memory->range.size);
    bool mapped = false, overlap = false;

    for (unsigned i = 0; i < model.count; i++) {
        const struct model_object *object = &model.object[i];

        if (!object->alive)
            continue;
        mapped |= object->type == MODEL_MAPPING && object->mapping.memory == memory;
        overlap |= (object->type == QUOLL_TYPE_MEMORY || object->type == QUOLL_TYPE_POOL) &&
                   object->range.within == memory && object->range.base < memory->range.base + offset + size &&
                   memory->range.base + offset < object->range.base + object->range.size;
    }
    model_refuse(call, wrong, QUOLL_BAD_ARGUMENT);
    model_refuse(call, !model_below(call->object, memory->pool), QUOLL_BAD_ARGUMENT);
    model_refuse(call, memory->range.nested + 1 >= NESTED_MOST, QUOLL_TOO_DEEP);
    model_refuse(call, mapped || memory->range.states > 0, QUOLL_BUSY);
    model_refuse(call, !wrong && overlap, QUOLL_OVERLAP);
}

static struct model_object *carve(struct model_call *call, unsigned type, struct model_object *memory)
{
    struct model_object *range = model_new(type, call->object);

    range->range.base = memory->range.base + call->x[2];
    range->range.size = call->x[3];
    range->range.within = memory;
    range->range.nested = memory->range.nested + 1;
    range->range.kind = memory->range.kind;
    range->range.depth = call->object->range.depth + 1;
    return range;
}

void model_pool_create_pool(struct model_call *call)
{
    struct model_object *memory = argument(call, 1);

    model_destination(call, call->x[0]);
    model_refuse(call, memory->range.kind != QUOLL_MEMORY_RAM || call->x[3] < POOL_LEAST || call->x[3] > POOL_MOST,
                 QUOLL_BAD_ARGUMENT);
    check_range(call, memory, call->x[2], call->x[3]);
    model_refuse(call, call->object->range.depth + 1 >= NESTED_MOST, QUOLL_TOO_DEEP);
    if (call->commit)
        first_in(call, 0, carve(call, QUOLL_TYPE_POOL, memory), 0);
}

void model_pool_create_memory(struct model_call *call)
{
    model_destination(call, call->x[0]);
    check_range(call, argument(call, 1), call->x[2], call->x[3]);
    call->may |= 1u << QUOLL_NO_MEMORY;
    if (!call->commit)
        return;
    first_in(call, 0, carve(call, QUOLL_TYPE_MEMORY, argument(call, 1)), 0);
    model_slot_at(own_domain(call), call->x[0])->rights = call->capability[1]->rights;
}

void model_pool_create_domain(struct model_call *call)
{
    uint64_t kind = call->x[1], count = call->x[2];
    struct model_object *domain = 0;

    model_destination(call, call->x[0]);
    model_refuse(call, kind != QUOLL_DOMAIN_NATIVE && kind != QUOLL_DOMAIN_VM, QUOLL_BAD_ARGUMENT);
    model_refuse(call, count == 0 || count > QUOLL_CAPABILITIES_MAX, QUOLL_BAD_ARGUMENT);
    call->may |= 1u << QUOLL_NO_MEMORY | 1u << QUOLL_NO_SPACE;
    if (!call->commit)
        return;
    domain = model_new(QUOLL_TYPE_DOMAIN, call->object);
    domain->domain.kind = (unsigned)kind;
    domain->domain.count = (unsigned)count;
    domain->domain.slots = model_new_slots((unsigned)count, domain);
    first_in(call, 0, domain, 0);
}

static struct model_object *new_thread(struct model_call *call, uint64_t priority)
{
    struct model_object *thread = model_new(QUOLL_TYPE_THREAD, call->object);

    thread->thread.domain = argument(call, 1);
    thread->thread.priority = thread->thread.limit = (unsigned)priority;
    thread->thread.state = NEW;
    thread->thread.deadline = QUOLL_FOREVER;
    first_in(call, 0, thread, 0);
    return thread;
}

void model_pool_create_thread(struct model_call *call)
{
    model_destination(call, call->x[0]);
    model_refuse(call,
                 argument(call, 1)->domain.kind != QUOLL_DOMAIN_NATIVE || call->x[2] != 0 ||
                     call->x[3] > call->thread->thread.limit,
                 QUOLL_BAD_ARGUMENT);
    call->may |= 1u << QUOLL_NO_MEMORY;
    if (call->commit)
        new_thread(call, call->x[3]);
}

void model_pool_create_vcpu(struct model_call *call)
{
    struct model_object *memory = argument(call, 2);
    struct model_vcpu *vcpu = 0;

    model_destination(call, call->x[0]);
    model_refuse(call,
                 argument(call, 1)->domain.kind != QUOLL_DOMAIN_VM || memory->range.kind != QUOLL_MEMORY_RAM ||
                     memory->range.size < PAGE || call->x[4] != 0 || call->x[5] > call->thread->thread.limit,
                 QUOLL_BAD_ARGUMENT);
    model_refuse(call, is_subdivided(memory), QUOLL_BUSY);
    model_refuse(call, model_deepest(call->capability[2]) || model_deepest(call->capability[3]), QUOLL_TOO_DEEP);
    call->may |= 1u << QUOLL_NO_MEMORY;
    if (!call->commit)
        return;
    vcpu = model_new_vcpu();
    struct model_object *thread = new_thread(call, call->x[5]);

    thread->thread.vcpu = vcpu;
    model_refer(&vcpu->state, call->capability[2], 0, thread, USE_STATE);
    model_refer(&vcpu->exit, call->capability[3], call->capability[3]->label, thread, USE_EXIT);
    memory->range.shared |= memory->range.states++ != 0;
}

void model_pool_create_budget(struct model_call *call)
{
    struct model_object *parent = argument(call, 1), *budget = 0;
    uint64_t time = call->x[2], period = call->x[3], count = call->x[4], share = 0;
    bool wrong =
        time < BUDGET_LEAST || time > period || period > UINT32_MAX || count == 0 || count > QUOLL_REPLENISHMENTS_MAX;

    model_destination(call, call->x[0]);
    model_refuse(call, wrong, QUOLL_BAD_ARGUMENT);
    if (!wrong) {
        share = ((time << 32) + period - 1) / period;
        model_refuse(call,
                     share > parent->budget.share ||
                         parent->budget.period * (parent->budget.share - share) >> 32 < BUDGET_LEAST,
                     QUOLL_NO_BUDGET);
    }
    model_refuse(call, model_deepest(call->capability[1]), QUOLL_TOO_DEEP);
    call->may |= 1u << QUOLL_NO_MEMORY;
    if (!call->commit)
        return;
    budget = model_new(QUOLL_TYPE_BUDGET, call->object);
    budget->budget.time = time;
    budget->budget.period = period;
    budget->budget.share = share;
    parent->budget.share -= share;
    parent->budget.time = parent->budget.period * parent->budget.share >> 32;
    model_refer(&budget->budget.parent, call->capability[1], 0, budget, USE_PARENT);
    first_in(call, 0, budget, 0);
}

void model_pool_create_portal(struct model_call *call)
{
    struct model_object *portal = 0;

    model_destination(call, call->x[0]);
    model_refuse(call, argument(call, 1)->thread.vcpu != 0 || call->x[2] > QUOLL_LABEL_MAX, QUOLL_BAD_ARGUMENT);
    model_refuse(call, model_deepest(call->capability[1]), QUOLL_TOO_DEEP);
    call->may |= 1u << QUOLL_NO_MEMORY;
    if (!call->commit)
        return;
    portal = model_new(QUOLL_TYPE_PORTAL, call->object);
    model_refer(&portal->portal.server, call->capability[1], 0, portal, USE_SERVER);
    first_in(call, 0, portal, call->x[2] | (uint64_t)QUOLL_KIND_MESSAGE << 56);
}

void model_pool_create_notification(struct model_call *call)
{
    model_destination(call, call->x[0]);
    call->may |= 1u << QUOLL_NO_MEMORY;
    if (call->commit)
        first_in(call, 0, model_new(QUOLL_TYPE_NOTIFICATION, call->object), UINT64_MAX);
}

void model_pool_create_interrupt(struct model_call *call)
{
    uint64_t line = call->x[2];
    bool taken = false;

    for (unsigned i = 0; i < model.count; i++)
        taken |= model.object[i].alive && model.object[i].type == QUOLL_TYPE_INTERRUPT &&
                 model.object[i].interrupt.line == line;
    model_destination(call, call->x[0]);
    model_refuse(call, argument(call, 1)->interrupt.line != LINES_ALL || line < FIRST_LINE || line >= LINES_END,
                 QUOLL_BAD_ARGUMENT);
    model_refuse(call, taken, QUOLL_BUSY);
    call->may |= 1u << QUOLL_NO_MEMORY;
    if (!call->commit)
        return;
    struct model_object *interrupt = model_new(QUOLL_TYPE_INTERRUPT, call->object);

    interrupt->interrupt.line = line;
    first_in(call, 0, interrupt, 0);
}

/* ---- pools, memory, budgets, interrupts */

void model_pool_status(struct model_call *call)
{
    uint64_t count = call->object->range.extra;

    if (!call->commit)
        return;
    for (unsigned i = 0; i < model.count; i++)
        count += model.object[i].alive && model.object[i].pool == call->object;
    model_result(call, 0, call->object->range.size);
    model_unknown(call, 1);
    model_result(call, 2, count);
}

void model_pool_power(struct model_call *call)
{
    bool root = call->object->permanent;

    model_refuse(call, !root, QUOLL_BAD_STATE);
    model_refuse(call, call->x[0] != QUOLL_POWER_OFF && call->x[0] != QUOLL_POWER_RESET, QUOLL_BAD_ARGUMENT);
    model_refuse(call, true, QUOLL_BAD_STATE); /* the board of the fake machine goes on */
}

static bool is_within(const struct model_object *memory, const struct model_object *above)
{
    for (; memory != 0; memory = memory->range.within)
        if (memory == above)
            return true;
    return false;
}

void model_memory_status(struct model_call *call)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < model.count; i++)
        count += model.object[i].alive && model.object[i].type == MODEL_MAPPING &&
                 is_within(model.object[i].mapping.memory, call->object);
    if (!call->commit)
        return;
    model_result(call, 0, call->object->range.size);
    model_result(call, 1, call->object->range.kind);
    model_result(call, 2, count);
}

void model_memory_address(struct model_call *call)
{
    if (call->commit)
        model_result(call, 0, call->object->range.base);
}

void model_memory_revoke(struct model_call *call)
{
    uint64_t offset = call->x[0], size = call->x[1];
    uint64_t from = call->object->range.base + offset;

    model_refuse(call, size == 0 || !aligned(offset, size, 0) || beyond(offset, size, call->object->range.size),
                 QUOLL_BAD_ARGUMENT);
    for (unsigned i = 0; call->commit && i < model.count; i++) {
        struct model_object *object = &model.object[i];

        if (!object->alive || object->type != MODEL_MAPPING || !is_within(object->mapping.memory, call->object))
            continue;
        uint64_t at = object->mapping.memory->range.base + object->mapping.offset;

        if (at < from + size && from < at + object->mapping.size)
            object->alive = false;
    }
}

void model_budget_status(struct model_call *call)
{
    if (!call->commit)
        return;
    model_result(call, 0, call->object->budget.time);
    model_result(call, 1, call->object->budget.period);
    model_unknown(call, 2);
    model_unknown(call, 3);
    model_result(call, 4, call->object->budget.overruns);
}

/* A reference that raises flags. */
static void refer_flags(struct model_call *call, uint64_t flags, struct model_slot *slot, enum model_use use)
{
    uint64_t mask = call->capability[0]->label & flags;

    model_refuse(call, mask == 0, QUOLL_BAD_ARGUMENT);
    model_refuse(call, model_deepest(call->capability[0]), QUOLL_TOO_DEEP);
    if (call->commit)
        model_refer(slot, call->capability[0], mask, call->object, use);
}

void model_budget_report(struct model_call *call)
{
    refer_flags(call, call->x[1], &call->object->budget.report, USE_REPORT);
}

void model_thread_set_supervisor(struct model_call *call)
{
    refer_flags(call, call->x[1], &call->object->thread.supervisor, USE_SUPERVISOR);
    if (!call->commit)
        return;
    call->object->thread.record = 0;
    call->object->thread.supervisor_label = call->x[2];
}

void model_interrupt_bind(struct model_call *call)
{
    model_refuse(call, call->object->interrupt.line == LINES_ALL, QUOLL_BAD_STATE);
    model_refuse(call, call->x[2] != QUOLL_TRIGGER_LEVEL && call->x[2] != QUOLL_TRIGGER_EDGE, QUOLL_BAD_ARGUMENT);
    refer_flags(call, call->x[1], &call->object->interrupt.notification, USE_LINE);
}

void model_interrupt_acknowledge(struct model_call *call)
{
    model_refuse(call, call->object->interrupt.notification.object == 0, QUOLL_BAD_STATE);
}
