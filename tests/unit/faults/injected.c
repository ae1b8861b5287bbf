/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each check and allocation of each call fails in turn.
 */
#include "faults/tests.h"

#include <string.h>

#include "faults/snapshot.h"
#include "kernel/invariants.h"
#include "kernel/machine.h"
#include "kernel/specification.h"
#include "vcpu.h"

enum { FAULTS_MAX = 512, LINE = 40, MMIO = 0x0a000000, MAPPED_AT = 0x400000 };
#define POOL_BYTES (UINT64_C(256) << 10)

/* What there is before each call, in root's list; `empty` is an index that holds nothing. */
static unsigned empty, pool, whole, part, leaf, domain, portal, notification, bound, interrupt, vm, vcpu, page, spare;
static struct program server, idle;

static void make_world(void)
{
    machine_start(NULL);
    pool = make_pool(POOL_BYTES);
    whole = make_memory(64 * PAGE_SIZE);
    part = fresh();
    leaf = make_memory(16 * PAGE_SIZE);
    page = make_memory(PAGE_SIZE);
    EXPECT(pool_create_memory, pool, part, whole, 0, 8 * PAGE_SIZE);
    server = make_program(pool, 100, 0, 0);
    idle = make_program(pool, 90, 2000, 20000);
    domain = make_domain(pool, QUOLL_DOMAIN_NATIVE);
    portal = make_portal(pool, &server, 7);
    notification = make_notification(pool);
    bound = fresh();
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, bound, notification, QUOLL_RIGHTS_ALL, 3);
    interrupt = fresh();
    EXPECT(pool_create_interrupt, pool, interrupt, BOOT_CAP_INTERRUPTS, LINE);
    EXPECT(interrupt_bind, interrupt, idle.notification, 1, QUOLL_TRIGGER_LEVEL);
    vm = make_domain(pool, QUOLL_DOMAIN_VM);
    vcpu = fresh();
    EXPECT(pool_create_vcpu, pool, vcpu, vm, page, portal, 0, 12);
    EXPECT(thread_match_constant, vcpu, MMIO + 64, 4, 5);
    EXPECT(domain_map, domain, leaf, pool, MAPPED_AT, 0, 16 * PAGE_SIZE, QUOLL_MAP_READ);
    spare = make_budget(pool, 1000, 20000, 4);
    /* The server waits in reply_wait. */
    start_program(&server);
    EXPECT(thread_set_budget, server.thread_index, spare);
    root_rest();
    assert_current(server);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    root_run();
    spare = make_budget(pool, 1000, 20000, 4);
    empty = fresh();
}

struct scenario {
    bool known;
    unsigned capability, flags;
    uint64_t words[8];
    uint64_t answer; /* when nothing fails */
    bool server;     /* the server makes it, at a call of root's */
    bool partial;    /* interrupted, it has begun what it goes on with when it is made again */
};

/* clang-format off */
#define SCENARIO(name, ...) case QUOLL_CALL_##name: return (struct scenario){.known = true, __VA_ARGS__};
/* clang-format on */
#define WORDS(...) .words = {__VA_ARGS__}

static struct scenario scenario_memory(unsigned number)
{
    switch (number) {
        SCENARIO(any_destroy, .capability = pool, .partial = true)
        SCENARIO(domain_copy, .capability = idle.domain, WORDS(30, portal, QUOLL_RIGHTS_ALL, 9))
        SCENARIO(domain_delete, .capability = BOOT_CAP_DOMAIN, WORDS(notification), .partial = true)
        SCENARIO(domain_revoke, .capability = BOOT_CAP_DOMAIN, WORDS(notification), .partial = true)
        SCENARIO(domain_inspect, .capability = BOOT_CAP_DOMAIN, WORDS(pool))
        SCENARIO(domain_map, .capability = domain,
                 WORDS(part, pool, 0x40000000, 0, 8 * PAGE_SIZE, QUOLL_MAP_READ | QUOLL_MAP_WRITE), .partial = true)
        SCENARIO(domain_unmap, .capability = domain, WORDS(MAPPED_AT), .partial = true)
        SCENARIO(domain_page, .capability = domain, WORDS(portal, 0x10000, PAGE_SIZE))
        SCENARIO(pool_create_pool, .capability = pool, WORDS(empty, whole, 16 * PAGE_SIZE, 16 * PAGE_SIZE))
        SCENARIO(pool_create_domain, .capability = pool, WORDS(empty, QUOLL_DOMAIN_NATIVE, 1024))
        SCENARIO(pool_create_thread, .capability = pool, WORDS(empty, domain, 0, 5))
        SCENARIO(pool_create_vcpu, .capability = pool, WORDS(empty, vm, part, portal, 0, 5))
        SCENARIO(pool_create_budget, .capability = pool, WORDS(empty, BOOT_CAP_BUDGET, 1000, 20000, 4))
        SCENARIO(pool_create_portal, .capability = pool, WORDS(empty, server.thread_index, 3))
        SCENARIO(pool_create_notification, .capability = pool, WORDS(empty))
        SCENARIO(pool_create_interrupt, .capability = pool, WORDS(empty, BOOT_CAP_INTERRUPTS, LINE + 1))
        SCENARIO(pool_create_memory, .capability = pool, WORDS(empty, BOOT_CAP_RAM, 32 << 20, 4 * PAGE_SIZE))
        SCENARIO(pool_status, .capability = pool)
        SCENARIO(pool_power, .capability = BOOT_CAP_POOL, WORDS(QUOLL_POWER_OFF), .answer = QUOLL_BAD_STATE)
        SCENARIO(memory_status, .capability = leaf)
        SCENARIO(memory_address, .capability = leaf)
        SCENARIO(memory_revoke, .capability = leaf, WORDS(0, 16 * PAGE_SIZE), .partial = true)
    default:
        return (struct scenario){0};
    }
}

static struct scenario scenario_of(unsigned number)
{
    switch (number) {
        SCENARIO(thread_start, .capability = idle.thread_index, WORDS(0x1000))
        SCENARIO(thread_suspend, .capability = server.thread_index)
        SCENARIO(thread_resume, .capability = server.thread_index)
        SCENARIO(thread_set_priority, .capability = server.thread_index, WORDS(50))
        SCENARIO(thread_set_budget, .capability = idle.thread_index, WORDS(spare))
        SCENARIO(thread_set_supervisor, .capability = idle.thread_index, WORDS(bound, 1, 5))
        SCENARIO(thread_status, .capability = idle.thread_index)
        SCENARIO(thread_read_registers, .capability = idle.thread_index)
        SCENARIO(portal_call, .capability = portal, .flags = QUOLL_FLAG_SEND | QUOLL_FLAG_RECEIVE, WORDS(1, 2))
        SCENARIO(self_reply_wait, .server = true, WORDS(4))
        SCENARIO(notification_signal, .capability = notification, WORDS(1))
        SCENARIO(notification_wait, .capability = note, WORDS(QUOLL_FOREVER))
        SCENARIO(notification_bind, .capability = notification, WORDS(server.thread_index))
        SCENARIO(notification_take_fault, .capability = note, .answer = QUOLL_NOT_FOUND)
        SCENARIO(budget_status, .capability = spare)
        SCENARIO(budget_report, .capability = spare, WORDS(notification, 1))
        SCENARIO(interrupt_bind, .capability = interrupt, WORDS(notification, 2, QUOLL_TRIGGER_EDGE))
        SCENARIO(interrupt_acknowledge, .capability = interrupt)
        SCENARIO(thread_read_vcpu, .capability = vcpu)
        SCENARIO(thread_write_vcpu, .capability = vcpu, WORDS(1, 2))
        SCENARIO(thread_set_virtual_interrupt, .capability = vcpu, WORDS(40, 3, 3))
        SCENARIO(thread_get_virtual_interrupt, .capability = vcpu, WORDS(40))
        SCENARIO(thread_bind_virtual_interrupts, .capability = vcpu, WORDS(notification, 32))
        SCENARIO(thread_match_notify, .capability = vcpu, WORDS(MMIO, 4, notification, 2))
        SCENARIO(thread_match_constant, .capability = vcpu, WORDS(MMIO, 4, 1))
        SCENARIO(thread_match_ignore, .capability = vcpu, WORDS(MMIO, 4))
        SCENARIO(thread_match_remove, .capability = vcpu, WORDS(MMIO + 64))
    default:
        return scenario_memory(number);
    }
}

/* The call, made by who makes it, which may block. Answers what it was answered. */
static uint64_t make(const struct specification *call, const struct scenario *scenario, unsigned fault_in)
{
    struct thread *caller = NULL;

    if (scenario->server)
        (void)portal_call_now(portal, 1, 0, 0, 0);
    caller = core->current;
    *thread_word(caller, 8) = QUOLL_OK;
    *thread_word(caller, 10) = spare;
    *thread_word(caller, 11) = empty;
    snapshot_take(0, caller);
    host.fault_in = fault_in;
    (void)invoke(call->number | scenario->flags, scenario->capability, scenario->words);
    /* A call that blocks leaves its capability's index in x8. */
    return caller == core->current ? (uint32_t)*thread_word(caller, 8) : QUOLL_OK;
}

/* Fails the n-th check; false when the call has fewer. */
static bool fail_one(const struct specification *call, unsigned n, unsigned preempt_every, unsigned *refused)
{
    struct scenario scenario = {0};
    struct thread *caller = NULL;
    uint64_t answer = 0;
    bool came = false;

    make_world();
    scenario = scenario_of(call->number);
    if (!scenario.known)
        fail_msg("%s: there is no scenario for it", call->name);
    host.preempt_every = preempt_every;
    answer = make(call, &scenario, n);
    caller = core->current;
    host.preempt_every = 0;
    came = host.fault_in == 0;
    host.fault_in = 0;
    check_invariants();
    if (!came && answer != scenario.answer)
        fail_msg("%s: without a fault it answers %u", call->name, (unsigned)answer);
    if (came && answer != QUOLL_OK) {
        (*refused)++;
        snapshot_take(1, caller);
        if (!(scenario.partial && preempt_every != 0) && !snapshot_same())
            fail_msg("%s answers %u at check %u, but something has changed", call->name, (unsigned)answer, n);
    }
    /* Nothing is left behind that would be in the way. */
    if (came && answer != QUOLL_OK && !scenario.server && scenario.answer == QUOLL_OK) {
        answer = invoke(call->number, scenario.capability, scenario.words);
        if (caller == core->current && answer != QUOLL_OK)
            fail_msg("%s: made again it answers %u", call->name, (unsigned)answer);
        check_invariants();
    }
    if (core->current == server.thread && server.thread->serving == root_thread())
        (void)reply_wait_now(0, 0, 0, 0, 0);
    root_run();
    machine_stop(NULL);
    return came;
}

static void fail_all(unsigned preempt_every)
{
    unsigned refused = 0;
    unsigned injected = 0;

    for (unsigned i = 0; i < specification_count; i++) {
        unsigned before = refused;

        for (unsigned n = 1; fail_one(&specifications[i], n, preempt_every, &refused); n++) {
            injected++;
            assert_true(n < FAULTS_MAX);
        }
        if (specifications[i].object != SELF && refused == before)
            fail_msg("%s: no fault made it fail", specifications[i].name);
    }
    print_message("%u faults injected into %u calls, %u of them refused\n", injected, specification_count, refused);
    assert_true(injected > 2 * specification_count);
}

static void every_check_fails(void **state)
{
    (void)state;
    fail_all(0);
}

static void every_check_fails_of_interrupted_calls(void **state)
{
    (void)state;
    fail_all(1);
}

int test_injected(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_check_fails),
        cmocka_unit_test(every_check_fails_of_interrupted_calls),
    };
    return cmocka_run_group_tests_name("injected", tests, NULL, NULL);
}
