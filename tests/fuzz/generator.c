/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/generator.h"

#include <string.h>

#include "tests/unit/kernel/machine.h"
#include "tests/unit/kernel/specification.h"
#include "vcpu.h"

enum { CAPABILITIES = 52, FIRST_DEALT = 5, FIRST_LINE = 100 };
#define GUEST_DEVICE UINT64_C(0x0a000000)

void (*generator_event)(const struct event *event);
unsigned generator_switched;
bool generator_verbose;

static pick_function *pick;
static struct world world;
static struct program programs[GENERATOR_PROGRAMS];

static uint64_t any_value(void)
{
    static const uint64_t special[] = {0,
                                       1,
                                       2,
                                       3,
                                       64,
                                       255,
                                       256,
                                       1023,
                                       PAGE_SIZE,
                                       2 * PAGE_SIZE,
                                       16 * PAGE_SIZE,
                                       64 * PAGE_SIZE,
                                       BLOCK_SIZE,
                                       QUOLL_MAP_READ,
                                       QUOLL_RIGHTS_ALL,
                                       QUOLL_RIGHTS_ALL + 1,
                                       QUOLL_LABEL_MAX,
                                       QUOLL_LABEL_MAX + 1,
                                       UINT32_MAX,
                                       UINT64_C(1) << 32,
                                       (UINT64_C(1) << 32) + 5,
                                       INT64_MAX,
                                       UINT64_C(1) << 63,
                                       UINT64_MAX - PAGE_SIZE + 1,
                                       UINT64_MAX,
                                       QUOLL_ADDRESS_LIMIT,
                                       QUOLL_ADDRESS_LIMIT - PAGE_SIZE,
                                       1000,
                                       20000,
                                       GUEST_DEVICE + 0x50,
                                       40};

    switch (pick(3)) {
    case 0:
        return special[pick(sizeof(special) / sizeof(special[0]))];
    case 1:
        return host.counter + pick(4000);
    default:
        return pick(CAPABILITIES);
    }
}

/* The same index in all programs; every second one gets the label, the others that of the source. */
static void deal_labelled(unsigned index, unsigned source, uint64_t label)
{
    for (unsigned i = 0; i < world.programs; i++)
        give(&programs[i], index, source, QUOLL_RIGHTS_ALL & ~(pick(4) == 0 ? pick(QUOLL_RIGHTS_ALL) : 0),
             i % 2 != 0 ? label : 0);
}

static void deal(unsigned index, unsigned source)
{
    deal_labelled(index, source, 0);
}

/* Memory as far down as ranges nest. */
static unsigned make_deep_memory(uint64_t size)
{
    unsigned range = make_memory(size);

    for (unsigned depth = 1; depth < MEMORY_DEPTH_MAX - 1; depth++) {
        unsigned below = fresh();

        EXPECT(pool_create_memory, BOOT_CAP_POOL, below, range, 0, size);
        range = below;
    }
    return range;
}

/* A virtual machine with one CPU, whose VMM is a program; dealt to all. */
static unsigned make_guest(unsigned pool, unsigned next)
{
    unsigned vm = make_domain(pool, QUOLL_DOMAIN_VM);
    unsigned page = make_memory(PAGE_SIZE);
    unsigned vcpu = fresh();

    EXPECT(pool_create_vcpu, pool, vcpu, vm, page, make_portal(pool, &programs[1], 999), 0, 12);
    EXPECT(thread_set_budget, vcpu, make_budget(pool, world.period / 10, world.period, 4));
    EXPECT(thread_set_supervisor, vcpu, note, 4, GENERATOR_PROGRAMS);
    deal(next, vm);
    deal(next + 1, vcpu);
    deal(next + 2, page);
    EXPECT(thread_start, vcpu, 0, 0, 0);
    return next + 3;
}

/* Root keeps the line. */
static void bind_line(uint32_t line, unsigned notification)
{
    unsigned interrupt = fresh();

    EXPECT(pool_create_interrupt, BOOT_CAP_POOL, interrupt, BOOT_CAP_INTERRUPTS, line);
    EXPECT(interrupt_bind, interrupt, notification, 2, QUOLL_TRIGGER_EDGE);
}

void generator_set_up(const struct world *wanted, pick_function *source)
{
    unsigned next = FIRST_DEALT;
    unsigned memory = 0;
    unsigned pools[2] = {0};

    world = *wanted;
    pick = source;
    memset(programs, 0, sizeof(programs));
    pools[0] = make_pool(world.pool_bytes[0]);
    pools[1] = fresh();
    memory = make_memory(world.memory_bytes);
    EXPECT(pool_create_pool, pools[0], pools[1], memory, 0, world.pool_bytes[1]);
    for (unsigned i = 0; i < world.programs; i++)
        programs[i] = make_program(pools[i % 2], 10 * i + 5, i == 0 ? 0 : world.period / 10, world.period);
    deal(next++, pools[0]);
    deal(next++, pools[1]);
    deal(next++, memory);
    for (unsigned i = 0; i < 2; i++)
        deal(next++, make_memory(64 * PAGE_SIZE));
    deal(next++, make_deep_memory(64 * PAGE_SIZE));
    deal(next++, BOOT_CAP_BUDGET);
    deal(next++, BOOT_CAP_INTERRUPTS);
    for (unsigned i = 0; i < world.programs; i++) {
        deal(next++, programs[i].domain);
        deal(next++, programs[i].thread_index);
        deal(next++, make_portal(pools[(i + 1) % 2], &programs[i], 100 + i));
        if (programs[i].budget != 0)
            deal(next++, programs[i].budget);
    }
    deal_labelled(next++, make_notification(pools[1]), 5); /* some of the flags that calls name */
    next = make_guest(pools[0], next);
    if (world.small_bytes != 0)
        deal(next++, make_pool(world.small_bytes));
    if (world.root_acts)
        deal(next++, BOOT_CAP_DEVICE);
    for (unsigned i = 0; i < world.programs; i++) {
        if (programs[i].notification != 0)
            bind_line(FIRST_LINE + i, programs[i].notification);
        EXPECT(thread_set_supervisor, programs[i].thread_index, note, 4, i);
        start_program(&programs[i]);
    }
    root_rest();
}

static void tell(const struct event *event)
{
    if (generator_verbose)
        print_message("  event %u: %p %#llx %#llx\n", event->kind, (void *)event->thread,
                      (unsigned long long)event->reason, (unsigned long long)event->address);
    if (generator_event != NULL)
        generator_event(event);
}

static void any_line(void)
{
    uint32_t line = pick(4) == 0 ? 30 + pick(CAPABILITIES) : FIRST_LINE + pick(world.programs);

    tell(&(struct event){.kind = EVENT_LINE, .reason = line});
    take_interrupt(line);
}

/* A guest traps or waits; its calls are like anybody's. */
static void guest_step(struct thread *guest)
{
    struct event event = {.kind = EVENT_WFI, .thread = guest};

    if (pick(3) == 0) {
        tell(&event);
        vcpu_wait_for_interrupt(guest);
    } else {
        event.kind = EVENT_EXIT;
        event.reason = pick(2) == 0 ? QUOLL_EXIT_ABORT : QUOLL_EXIT_HVC;
        event.syndrome = pick(2) == 0 ? pick(4096) : 1u << pick(4) | pick(2) << 9 | pick(32) << 4;
        event.address = GUEST_DEVICE + pick(64) * 4;
        event.value = pick(70);
        tell(&event);
        vcpu_exit(guest, (enum quoll_exit_reason)event.reason, event.syndrome, event.address, event.value,
                  event.address);
    }
    leave();
}

/* The guest's interrupt controller: acknowledge what is most urgent, or deactivate something. */
static void guest_interrupt(struct thread *guest)
{
    struct host_list_register *held = guest->vcpu->arch.list_register;
    struct host_list_register *best = NULL;
    struct event event = {.kind = EVENT_ACKNOWLEDGE, .thread = guest};
    bool done = pick(2) == 0;

    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++) {
        bool fits = done ? held[i].active : held[i].pending && !held[i].active;

        if (fits && (best == NULL || held[i].priority < best->priority))
            best = &held[i];
    }
    if (best == NULL)
        return;
    event.kind = done ? EVENT_DEACTIVATE : EVENT_ACKNOWLEDGE;
    event.reason = best->interrupt;
    tell(&event);
    best->pending = done && best->pending;
    best->active = !done;
    if (done && best->hardware)
        guest->vcpu->arch.timer_held = false;
    if ((done && best->report) || guest->vcpu->arch.underflow)
        vcpu_maintenance(guest->vcpu);
    leave();
}

static bool holds(const struct slot *slot, unsigned type)
{
    if (type == QUOLL_TYPE_NONE)
        return slot->object == NULL;
    return slot->object != NULL && (type == ANY || slot->object->type == type);
}

/* An index of the thread's list that holds this type, each as likely as the others; or any. */
static unsigned index_of(const struct thread *thread, unsigned type)
{
    const struct domain *domain = thread->domain;
    unsigned at = pick(domain->capability_count);
    unsigned count = 0;

    if (at % 16 == 0)
        return pick(CAPABILITIES + 32);
    for (unsigned index = 1; index < domain->capability_count; index++)
        count += holds(&domain->capabilities[index], type);
    if (count == 0)
        return pick(CAPABILITIES);
    at %= count;
    for (unsigned index = 1; index < domain->capability_count; index++)
        if (holds(&domain->capabilities[index], type) && at-- == 0)
            return index;
    return 0;
}

/* A value that the argument of this name could sensibly have. */
static uint64_t sensible_value(const struct thread *thread, const char *name)
{
    static const struct {
        const char *name;
        uint64_t base, count, step;
    } ranges[] = {
        {"kind", 0, 2, 1},
        {"capabilities", 8, 60, 1},
        {"core", 0, 1, 1},
        {"priority", 0, 60, 1},
        {"time", 64, 2000, 1},
        {"period", 10000, 20000, 1},
        {"replenishments", 1, 16, 1},
        {"label", 0, 5, 1},
        {"line", 32, 12, 1},
        {"offset", 0, 24, PAGE_SIZE},
        {"size", 1, 24, PAGE_SIZE},
        {"address", 0, 40, PAGE_SIZE},
        {"attributes", 1, 7, 1},
        {"rights", 0, QUOLL_RIGHTS_ALL, 1},
        {"flags", 0, 64, 1},
        {"trigger", 0, 2, 1},
        {"interrupt", 26, 12, 1},
        {"first", 32, 2, 1},
        {"values", 1, 64, 1},
        {"reg", 0, 34, 1},
        {"state", 0, 32, 1},
        {"mask", 0, 64, 1},
        {"pc", 0, 4, 0x1000},
        {"stack", 0, 4, 0x1000},
        {"value", 0, 3, 1},
        {"index", 1, PROGRAM_CAPABILITIES, 1},
        {"action", 5, 1, 1},
    };

    if (strcmp(name, "destination") == 0)
        return index_of(thread, QUOLL_TYPE_NONE);
    if (strcmp(name, "source") == 0)
        return index_of(thread, ANY);
    if (strcmp(name, "deadline") == 0)
        return host.counter + pick(4000);
    for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (strcmp(name, ranges[i].name) == 0)
            return (ranges[i].base + pick((uint32_t)ranges[i].count)) * ranges[i].step;
    return any_value();
}

/* Calls and waits are what most goes wrong with; the end of everything should not come at once. */
static const struct specification *any_specification(void)
{
    for (unsigned tries = 0; tries < 32; tries++) {
        const struct specification *call = &specifications[pick(specification_count)];
        bool message = call->number == QUOLL_CALL_portal_call || call->number == QUOLL_CALL_self_reply_wait;
        bool end = call->number == QUOLL_CALL_any_destroy || call->number == QUOLL_CALL_domain_delete ||
                   call->number == QUOLL_CALL_domain_revoke || call->number == QUOLL_CALL_thread_suspend;

        if (message || pick(end ? 32 : 4) == 0)
            return call;
    }
    return &specifications[0];
}

/* What goes along with a message: x10, x11, x12 and flags of x9. */
static unsigned any_transfer(struct thread *thread)
{
    unsigned flags = pick(2) == 0 ? (unsigned)QUOLL_FLAG_NO_REPLY : pick(16) << 16;

    *thread_word(thread, 10) = *thread_word(thread, 11) = *thread_word(thread, 12) = 0;
    if ((flags & QUOLL_FLAG_SEND) != 0)
        *thread_word(thread, 10) = index_of(thread, ANY) | (uint64_t)pick(QUOLL_RIGHTS_ALL) << 32;
    if ((flags & QUOLL_FLAG_RECEIVE) != 0)
        *thread_word(thread, 11) = pick(32) == 0 ? any_value() : index_of(thread, QUOLL_TYPE_NONE);
    if ((flags & QUOLL_FLAG_DEADLINE) != 0)
        *thread_word(thread, 12) = host.counter + pick(4000);
    return flags;
}

static void make_call(const struct specification *call)
{
    struct thread *thread = core->current;
    uint64_t words[8] = {0};
    unsigned number = call->number;
    unsigned index = index_of(thread, call->object);
    unsigned wild = pick(4) == 0 ? pick(256) & pick(256) : 0; /* arguments that may be anything */
    bool message = number == QUOLL_CALL_portal_call || number == QUOLL_CALL_self_reply_wait;

    for (unsigned i = 0; i < 8; i++) {
        const struct argument_specification *argument = i < ARGUMENTS ? &call->argument[i] : NULL;

        if ((wild >> i & 1) != 0)
            words[i] = any_value();
        else if (argument == NULL || argument->name == NULL)
            words[i] = 7 * i + index;
        else
            words[i] = argument->type != 0 ? index_of(thread, argument->type) : sensible_value(thread, argument->name);
    }
    if (number >= QUOLL_CALL_thread_match_notify && number <= QUOLL_CALL_thread_match_remove && pick(16) != 0) {
        words[0] = GUEST_DEVICE + pick(64) * 4;
        words[1] = 1u << pick(4);
    }
    if (message)
        number |= any_transfer(thread);
    else if (wild == 255 && thread != root_thread())
        number = pick(65536);
    if (generator_verbose)
        print_message("  %p %s cap %u, %#llx %#llx %#llx %#llx\n", (void *)thread, call->name, index,
                      (unsigned long long)words[0], (unsigned long long)words[1], (unsigned long long)words[2],
                      (unsigned long long)words[3]);
    if (pick(8) == 0)
        behind_call = any_line;
    uint64_t answer = invoke(number, index, words);
    if (generator_verbose)
        print_message("    %u\n", (unsigned)answer);
}

/* The notification at an index of root's list, if there is one still. */
static struct notification *root_notification(unsigned index)
{
    struct object *object = domain_slot(root_thread()->domain, index)->object;

    if (object == NULL || object->type != QUOLL_TYPE_NOTIFICATION || object->dying)
        return NULL;
    return container_of(object, struct notification, object);
}

/* As an interrupt does it. */
static void any_wake(void)
{
    struct notification *notification = root_notification(programs[1 + pick(world.programs - 1)].notification);

    if (notification != NULL) {
        tell(&(struct event){.kind = EVENT_RAISE, .object = notification, .value = 1});
        if (notification_preempt(core, notification, 1))
            generator_switched++;
        else
            notification_raise(notification, 1);
    }
    leave();
}

/* Root starts a program anew, wherever it stands, and lets it have its budget again. */
static void revive(const struct program *program)
{
    struct thread *root = core->current;

    (void)INVOKE(thread_suspend, program->thread_index);
    if (core->current == root)
        (void)INVOKE(thread_start, program->thread_index, 0x1000, 0, 0);
    if (core->current == root && program->budget != 0)
        (void)INVOKE(thread_set_budget, program->thread_index, program->budget);
    if (core->current == root && program->budget != 0)
        (void)INVOKE(notification_bind, program->notification, program->thread_index);
}

/* Root learns of a fault now and then, and starts whoever it was again. */
static void root_step(void)
{
    static const uint8_t numbers[] = {
        QUOLL_CALL_pool_create_pool,   QUOLL_CALL_pool_create_domain, QUOLL_CALL_pool_create_thread,
        QUOLL_CALL_pool_create_vcpu,   QUOLL_CALL_pool_create_budget, QUOLL_CALL_pool_create_portal,
        QUOLL_CALL_pool_create_memory, QUOLL_CALL_thread_start,       QUOLL_CALL_thread_resume,
        QUOLL_CALL_thread_set_budget,  QUOLL_CALL_domain_map,
    };

    for (unsigned calls = world.root_acts ? pick(4) : 0; calls > 0 && core->current == root_thread(); calls--) {
        unsigned number = numbers[pick(sizeof(numbers))];

        for (unsigned i = 0; i < specification_count; i++)
            if (specifications[i].number == number)
                make_call(&specifications[i]);
    }
    /* Anything but what it was itself given at boot: otherwise that would not be there at the end. */
    if (world.root_acts && core->current == root_thread() && pick(2) == 0)
        (void)INVOKE(domain_copy, programs[pick(world.programs)].domain, pick(PROGRAM_CAPABILITIES),
                     BOOT_CAP_BUDGET + pick(128), pick(65536), 0);
    if (core->current == root_thread() && pick(2) == 0)
        revive(&programs[pick(world.programs)]);
    if (core->current == root_thread() && INVOKE(notification_take_fault, note) == QUOLL_OK && pick(2) == 0) {
        uint64_t label = result(root_thread(), 0);

        if (core->current == root_thread() && label < world.programs)
            (void)INVOKE(thread_start, programs[label].thread_index, 0x1000, 0, 0);
    }
    /* It may have lost the core meanwhile. */
    if (core->current == root_thread())
        (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
}

static void wake_root(void)
{
    struct notification *notification = root_notification(note);

    if (notification != NULL) {
        tell(&(struct event){.kind = EVENT_RAISE, .object = notification, .value = 1});
        notification_raise(notification, 1);
    }
    leave();
}

static void any_fault(struct thread *current, bool memory)
{
    struct event event = {.kind = memory ? EVENT_MEMORY_FAULT : EVENT_FAULT,
                          .thread = current,
                          .reason = memory ? QUOLL_FAULT_WRITE : QUOLL_FAULT_READ,
                          .address = memory ? pick(64) * PAGE_SIZE : 0x1000,
                          .syndrome = 0x123};

    if (memory && current->vcpu != NULL)
        return;
    tell(&event);
    if (memory)
        domain_memory_fault(current, ipa(event.address), QUOLL_FAULT_WRITE, event.syndrome);
    else
        thread_fault(current, QUOLL_FAULT_READ, event.address, event.syndrome);
    leave();
}

void generator_step(void)
{
    struct thread *current = core->current;

    if (current == root_thread()) {
        root_step();
        return;
    }
    switch (current == NULL ? 0 : pick(24)) {
    case 0:
        advance(pick(pick(4) == 0 ? (uint32_t)world.period : 300));
        break;
    case 1:
        any_fault(current, false);
        break;
    case 2:
        any_fault(current, true);
        break;
    case 3:
        any_line();
        break;
    case 4:
    case 5:
        any_wake();
        break;
    case 6: /* what a server does most often, and has a short way */
        (void)invoke(QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY, 0, (uint64_t[8]){0});
        break;
    default:
        if (current->vcpu != NULL && pick(3) != 0) {
            if (pick(3) == 0)
                guest_interrupt(current);
            else
                guest_step(current);
        } else {
            make_call(any_specification());
        }
        break;
    }
    /* So that they do not all sleep for ever. */
    if (core->current == NULL && pick(3) == 0)
        any_wake();
    if (core->current == NULL && pick(3) == 0)
        wake_root();
}
