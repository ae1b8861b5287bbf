/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * abi/calls.def as a table of tests: every call with every wrong type, every missing right, and no capability at all,
 * for the object that it acts on and for each capability argument.
 */
#include "machine.h"
#include "specification.h"

static unsigned capability[QUOLL_TYPE_COUNT]; /* one of each type, with all rights */
static unsigned reduced;                      /* an index for copies */
static unsigned empty;

static int start(void **state)
{
    unsigned pool = 0;
    struct program program;

    machine_start(state);
    pool = make_pool(UINT64_C(1) << 20);
    program = make_program(pool, 10, 1000, 1000000);
    capability[QUOLL_TYPE_POOL] = pool;
    capability[QUOLL_TYPE_DOMAIN] = program.domain;
    capability[QUOLL_TYPE_THREAD] = program.thread_index;
    capability[QUOLL_TYPE_BUDGET] = program.budget;
    capability[QUOLL_TYPE_PORTAL] = make_portal(pool, &program, 1);
    capability[QUOLL_TYPE_NOTIFICATION] = make_notification(pool);
    capability[QUOLL_TYPE_INTERRUPT] = fresh();
    EXPECT(pool_create_interrupt, pool, capability[QUOLL_TYPE_INTERRUPT], BOOT_CAP_INTERRUPTS, 99);
    capability[QUOLL_TYPE_MEMORY] = make_memory(16 * PAGE_SIZE);
    reduced = fresh();
    empty = fresh();
    return 0;
}

static void expect(const struct specification *call, const char *what, uint64_t object, const uint64_t words[8],
                   enum quoll_error error)
{
    uint64_t answer = invoke(call->number, object, words);

    if (answer != error)
        fail_msg("%s with %s: answers %u, not %u", call->name, what, (unsigned)answer, (unsigned)error);
    for (unsigned i = 9; i <= 18; i++)
        assert_int_equal(result(core->current, i), 0);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(result(core->current, i), words[i]);
}

/* Right capabilities in all places; values do not matter, since no call gets as far as looking at them. */
static void fill_in(const struct specification *call, uint64_t words[8])
{
    for (unsigned i = 0; i < ARGUMENTS; i++)
        words[i] = call->argument[i].type != 0 ? capability[call->argument[i].type] : 0x5555;
}

/* A copy of the capability of this type, in `reduced`, without the right. */
static void reduce(unsigned type, unsigned right)
{
    struct slot *slot = domain_slot(root_thread()->domain, reduced);

    if (slot->object != NULL)
        EXPECT(domain_delete, BOOT_CAP_DOMAIN, reduced);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, reduced, capability[type], QUOLL_RIGHTS_ALL & ~right, 0);
}

static void objects(void **state)
{
    (void)state;
    for (unsigned i = 0; i < specification_count; i++) {
        const struct specification *call = &specifications[i];
        uint64_t words[8] = {0};

        if (call->object == SELF)
            continue;
        fill_in(call, words);
        expect(call, "capability 0", 0, words, QUOLL_BAD_CAPABILITY);
        expect(call, "an empty capability", empty, words, QUOLL_BAD_CAPABILITY);
        expect(call, "a capability out of range", ROOT_CAPABILITIES, words, QUOLL_BAD_CAPABILITY);
        expect(call, "a huge capability", UINT64_MAX, words, QUOLL_BAD_CAPABILITY);
        expect(call, "a capability with high bits", UINT64_C(1) << 32 | capability[1], words, QUOLL_BAD_CAPABILITY);
        for (unsigned type = 1; type < QUOLL_TYPE_COUNT; type++)
            if (call->object != ANY && type != call->object)
                expect(call, "an object of another type", capability[type], words, QUOLL_BAD_TYPE);
        for (unsigned type = 1; type < QUOLL_TYPE_COUNT && call->right != 0; type++) {
            if (call->object != ANY && type != call->object)
                continue;
            reduce(type, call->right);
            expect(call, "a right missing", reduced, words, QUOLL_NO_RIGHT);
        }
    }
}

static void arguments(void **state)
{
    (void)state;
    for (unsigned i = 0; i < specification_count; i++) {
        const struct specification *call = &specifications[i];

        for (unsigned a = 0; a < ARGUMENTS; a++) {
            unsigned wanted = call->argument[a].type;
            uint64_t words[8] = {0};

            if (wanted == 0)
                continue;
            fill_in(call, words);
            words[a] = 0;
            expect(call, "argument 0", capability[call->object], words, QUOLL_BAD_CAPABILITY);
            words[a] = empty;
            expect(call, "an empty argument", capability[call->object], words, QUOLL_BAD_CAPABILITY);
            words[a] = UINT64_MAX;
            expect(call, "a huge argument", capability[call->object], words, QUOLL_BAD_CAPABILITY);
            for (unsigned type = 1; type < QUOLL_TYPE_COUNT; type++) {
                words[a] = capability[type];
                if (type != wanted)
                    expect(call, "an argument of another type", capability[call->object], words, QUOLL_BAD_TYPE);
            }
            if (call->argument[a].right == 0)
                continue;
            reduce(wanted, call->argument[a].right);
            words[a] = reduced;
            expect(call, "an argument's right missing", capability[call->object], words, QUOLL_NO_RIGHT);
        }
    }
}

static void unknown_numbers(void **state)
{
    bool known[QUOLL_CALL_LIMIT] = {false};
    const uint64_t words[8] = {1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    for (unsigned i = 0; i < specification_count; i++) {
        assert_true(specifications[i].number < QUOLL_CALL_LIMIT);
        assert_false(known[specifications[i].number]);
        known[specifications[i].number] = true;
    }
    for (unsigned number = 0; number < 0x10000; number += number < 0x300 ? 1 : 251) {
        const struct specification call = {.number = number, .name = "a number"};

        if (number >= QUOLL_CALL_LIMIT || !known[number])
            expect(&call, "no call", BOOT_CAP_POOL, words, QUOLL_BAD_CALL);
    }
}

/* Nothing above did anything: all objects are as they were, none was made. */
static void nothing_changed(void **state)
{
    struct pool *pool = container_of(root_object(capability[QUOLL_TYPE_POOL]), struct pool, object);
    uint64_t used = pool->used;
    uint64_t count = pool->object_count;

    objects(state);
    arguments(state);
    assert_int_equal(pool->used, used);
    assert_int_equal(pool->object_count, count);
    assert_null(domain_slot(root_thread()->domain, empty)->object);
}

int test_calls(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(objects, start, machine_stop),
        cmocka_unit_test_setup_teardown(arguments, start, machine_stop),
        cmocka_unit_test_setup_teardown(unknown_numbers, start, machine_stop),
        cmocka_unit_test_setup_teardown(nothing_changed, start, machine_stop),
    };
    return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
