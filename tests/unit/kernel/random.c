/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Programs that hold capabilities on each other and do anything at all, while time passes, interrupts come and threads
 * fault. After every step the kernel's structures have to be sound, and at the end of a run everything can be destroyed
 * and root's pool is as it was.   QUOLL_RANDOM_RUNS and QUOLL_RANDOM_SEED in the environment: how many, from where.
 */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include "invariants.h"
#include "specification.h"
#include "vcpu.h"

enum { PROGRAMS = 5, STEPS = 400, RUNS = 200, PERIOD = 20000, CAPABILITIES = 44 };

static uint32_t state_of_random;
static bool verbose;
static unsigned switched; /* wakes that switched at once */
static unsigned pools[2];
static struct program programs[PROGRAMS];

static uint32_t pick(uint32_t limit)
{
    state_of_random = state_of_random * 1664525 + 1013904223;
    return (state_of_random >> 8) % limit;
}

static uint64_t any_value(void)
{
    static const uint64_t special[] = {0,
                                       1,
                                       2,
                                       3,
                                       64,
                                       PAGE_SIZE,
                                       2 * PAGE_SIZE,
                                       16 * PAGE_SIZE,
                                       64 * PAGE_SIZE,
                                       BLOCK_SIZE,
                                       QUOLL_MAP_READ,
                                       QUOLL_RIGHTS_ALL,
                                       UINT64_MAX,
                                       QUOLL_ADDRESS_LIMIT - PAGE_SIZE,
                                       1000,
                                       20000,
                                       0x0a000050,
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

/* The same index in all programs. */
static void deal(unsigned index, unsigned source)
{
    for (unsigned i = 0; i < PROGRAMS; i++)
        give(&programs[i], index, source, QUOLL_RIGHTS_ALL & ~(pick(4) == 0 ? pick(QUOLL_RIGHTS_ALL) : 0), 0);
}

static void set_up(void)
{
    unsigned next = 5;
    unsigned memory = 0;

    pools[0] = make_pool(UINT64_C(1) << 20);
    pools[1] = fresh();
    memory = make_memory(UINT64_C(4) << 20);
    EXPECT(pool_create_pool, pools[0], pools[1], memory, 0, UINT64_C(512) << 10);
    for (unsigned i = 0; i < PROGRAMS; i++)
        programs[i] = make_program(pools[i % 2], 10 * i + 5, i == 0 ? 0 : PERIOD / 10, PERIOD);
    deal(next++, pools[0]);
    deal(next++, pools[1]);
    deal(next++, memory);
    for (unsigned i = 0; i < 3; i++)
        deal(next++, make_memory(64 * PAGE_SIZE));
    deal(next++, BOOT_CAP_BUDGET);
    deal(next++, BOOT_CAP_INTERRUPTS);
    for (unsigned i = 0; i < PROGRAMS; i++) {
        deal(next++, programs[i].domain);
        deal(next++, programs[i].thread_index);
        deal(next++, make_portal(pools[(i + 1) % 2], &programs[i], 100 + i));
        if (programs[i].budget != 0)
            deal(next++, programs[i].budget);
    }
    deal(next++, make_notification(pools[1]));
    unsigned vm = make_domain(pools[0], QUOLL_DOMAIN_VM);
    unsigned page = make_memory(PAGE_SIZE);
    unsigned vcpu = fresh();
    EXPECT(pool_create_vcpu, pools[0], vcpu, vm, page, make_portal(pools[0], &programs[1], 999), 0, 12);
    EXPECT(thread_set_budget, vcpu, make_budget(pools[0], PERIOD / 10, PERIOD, 4));
    deal(next++, vm);
    deal(next++, vcpu);
    deal(next++, page);
    EXPECT(thread_start, vcpu, 0, 0, 0);
    for (unsigned i = 0; i < PROGRAMS; i++) {
        EXPECT(thread_set_supervisor, programs[i].thread_index, note, 4, i);
        start_program(&programs[i]);
    }
    root_rest();
}

/* A guest traps or waits; its calls are like anybody's. */
static void guest_step(struct thread *guest)
{
    if (pick(3) == 0)
        vcpu_wait_for_interrupt(guest);
    else
        vcpu_exit(guest, pick(2) == 0 ? QUOLL_EXIT_ABORT : QUOLL_EXIT_HVC, pick(4096), 0x0a000000 + pick(256),
                  pick(70));
    leave();
}

/* An index of the thread's list that holds this type, from a random place on; or any. */
static unsigned index_of(const struct thread *thread, unsigned type)
{
    const struct domain *domain = thread->domain;
    unsigned at = pick(domain->capability_count);

    for (unsigned i = 0; i < domain->capability_count && pick(20) != 0; i++, at++) {
        const struct object *object = domain->capabilities[at % domain->capability_count].object;

        if (type == ANY ? object != NULL : object != NULL && object->type == type)
            return at % domain->capability_count;
        if (type == QUOLL_TYPE_NONE && object == NULL)
            return at % domain->capability_count;
    }
    return pick(CAPABILITIES);
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
        {"interrupt", 16, 60, 1},
        {"first", 32, 2, 1},
        {"values", 1, 64, 1},
        {"reg", 0, 34, 1},
        {"state", 0, 32, 1},
        {"mask", 0, 32, 1},
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
    for (;;) {
        const struct specification *call = &specifications[pick(specification_count)];
        bool message = call->number == QUOLL_CALL_portal_call || call->number == QUOLL_CALL_self_reply_wait;
        bool end = call->number == QUOLL_CALL_any_destroy || call->number == QUOLL_CALL_domain_delete ||
                   call->number == QUOLL_CALL_domain_revoke || call->number == QUOLL_CALL_thread_suspend;

        if (message || pick(end ? 32 : 4) == 0)
            return call;
    }
}

static void any_call(void)
{
    struct thread *thread = core->current;
    const struct specification *call = any_specification();
    uint64_t words[8] = {0};
    unsigned number = call->number;
    unsigned index = index_of(thread, call->object);

    for (unsigned i = 0; i < 8; i++) {
        const struct argument_specification *argument = i < ARGUMENTS ? &call->argument[i] : NULL;

        if (argument == NULL || argument->name == NULL || pick(16) == 0)
            words[i] = any_value();
        else
            words[i] = argument->type != 0 ? index_of(thread, argument->type) : sensible_value(thread, argument->name);
    }
    if (number == QUOLL_CALL_thread_match_notify || number == QUOLL_CALL_thread_match_constant ||
        number == QUOLL_CALL_thread_match_ignore || number == QUOLL_CALL_thread_match_remove) {
        words[0] = 0x0a000000 + pick(64) * 4;
        words[1] = 1u << pick(4);
    }
    *thread_word(thread, 10) = index_of(thread, ANY) | (uint64_t)pick(QUOLL_RIGHTS_ALL) << 32;
    *thread_word(thread, 11) = index_of(thread, QUOLL_TYPE_NONE);
    *thread_word(thread, 12) = host.counter + pick(4000);
    if (number == QUOLL_CALL_portal_call || number == QUOLL_CALL_self_reply_wait)
        number |= pick(2) == 0 ? (unsigned)QUOLL_FLAG_NO_REPLY : pick(16) << 16;
    uint64_t answer = invoke(number, index, words);
    if (verbose)
        print_message("  %p %s cap %u: %u\n", (void *)thread, call->name, index, (unsigned)answer);
}

/* As an interrupt does it. */
static void any_wake(void)
{
    const struct slot *slot = domain_slot(root_thread()->domain, programs[1 + pick(PROGRAMS - 1)].notification);
    struct notification *notification = NULL;

    if (slot->object != NULL && !slot->object->dying) {
        notification = container_of(slot->object, struct notification, object);
        if (notification_preempt(core, notification, 1))
            switched++;
        else
            notification_raise(notification, 1);
    }
    leave();
}

static void step(void)
{
    struct thread *current = core->current;

    if (current == root_thread()) {
        /* It learns of a fault now and then, and starts whoever it was again. */
        if (INVOKE(notification_take_fault, note) == QUOLL_OK && pick(2) == 0)
            (void)INVOKE(thread_start, programs[result(current, 0) % PROGRAMS].thread_index, 0x1000, 0, 0);
        (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
        return;
    }
    switch (current == NULL ? 0 : pick(24)) {
    case 0:
        advance(pick(pick(4) == 0 ? PERIOD : 300));
        break;
    case 1:
        thread_fault(current, QUOLL_FAULT_READ, 0x1000, 0);
        leave();
        break;
    case 2:
        if (current->vcpu == NULL)
            domain_memory_fault(current, ipa(pick(64) * PAGE_SIZE), QUOLL_FAULT_WRITE, 0);
        leave();
        break;
    case 3:
        take_interrupt(pick(CAPABILITIES));
        break;
    case 4:
    case 5:
        any_wake();
        break;
    default:
        if (current->vcpu != NULL && pick(3) != 0)
            guest_step(current);
        else
            any_call();
        break;
    }
    /* So that they do not all sleep for ever. */
    if (core->current == NULL && pick(3) == 0)
        any_wake();
}

/* What a program can tell of the kernel after each step: who runs, with which registers, on how much time. */
struct sight {
    const struct thread *current;
    uint64_t x[9];
    uint64_t now, used;
};

static struct sight look(void)
{
    struct sight sight = {.current = core->current, .now = host.counter};

    if (core->current == NULL)
        return sight;
    memcpy(sight.x, core->current->arch.frame->x, sizeof(sight.x));
    budget_settle(core->payer->budget);
    sight.used = core->payer->budget->used + host.counter - core->payer_since;
    return sight;
}

/* With `plain`, the scheduler always thinks that something has changed: no wake switches at once (preempt.h). */
static void run(uint32_t seed, unsigned chance, bool plain, struct sight *sights)
{
    machine_start(NULL);
    state_of_random = seed;
    set_up();
    host.random = seed;
    host.preempt_chance = chance;
    for (unsigned i = 0; i < STEPS; i++) {
        core->reschedule |= plain;
        step();
        check_invariants();
        sights[i] = look();
    }
    host.preempt_chance = 0;
    machine_stop(NULL);
}

static uint32_t from_environment(const char *name, uint32_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

static struct sight sights[STEPS];

static void random_programs(void **state)
{
    uint32_t first = from_environment("QUOLL_RANDOM_SEED", 1);
    uint32_t runs = from_environment("QUOLL_RANDOM_RUNS", RUNS);

    (void)state;
    for (uint32_t seed = first; seed < first + runs; seed++) {
        verbose = getenv("QUOLL_RANDOM_VERBOSE") != NULL;
        if (verbose)
            print_message("seed %u\n", seed);
        run(seed, seed % 3 * 4, false, sights);
    }
}

/* The short way of a wake and the general one differ in nothing that a program can tell. */
static void wakes_alike(void **state)
{
    static struct sight plain[STEPS];
    uint32_t first = from_environment("QUOLL_RANDOM_SEED", 1);
    uint32_t runs = from_environment("QUOLL_RANDOM_RUNS", RUNS);

    (void)state;
    for (uint32_t seed = first; seed < first + runs; seed++) {
        run(seed, 0, false, sights);
        run(seed, 0, true, plain);
        for (unsigned i = 0; i < STEPS; i++) {
            if (memcmp(&sights[i], &plain[i], sizeof(sights[i])) != 0)
                fail_msg("seed %u differs at step %u", (unsigned)seed, i);
        }
    }
    assert_true(switched > runs / 2);
}

int test_random(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs),
        cmocka_unit_test(wakes_alike),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
