/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Capability lists: copies with fewer rights, labels, trees of copies and their end.
 */
#include "machine.h"

enum { TREE_DEPTH = 255 };

static unsigned pool;

static int start(void **state)
{
    machine_start(state);
    pool = make_pool(UINT64_C(1) << 20);
    return 0;
}

static uint64_t inspect(unsigned index, unsigned word)
{
    EXPECT(domain_inspect, BOOT_CAP_DOMAIN, index);
    return result(core->current, word);
}

static void copies_never_gain_rights(void **state)
{
    unsigned source = make_notification(pool);
    unsigned index = fresh();

    (void)state;
    assert_int_equal(inspect(index, 0), QUOLL_TYPE_NONE);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, index, source, QUOLL_RIGHT_SIGNAL | QUOLL_RIGHT_READ, 0);
    assert_int_equal(inspect(index, 0), QUOLL_TYPE_NOTIFICATION);
    assert_int_equal(inspect(index, 1), QUOLL_RIGHT_SIGNAL | QUOLL_RIGHT_READ);
    unsigned second = fresh();
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, second, index, QUOLL_RIGHTS_ALL, 0);
    assert_int_equal(inspect(second, 1), QUOLL_RIGHT_SIGNAL | QUOLL_RIGHT_READ);
    unsigned third = fresh();
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, third, second, 0, 0);
    assert_int_equal(inspect(third, 1), 0);
    REFUSE(NO_RIGHT, notification_signal, third, 1);
    REFUSE(NO_RIGHT, notification_wait, second, 0);
    EXPECT(notification_signal, second, 1);
}

static void labels(void **state)
{
    struct program server = make_program(pool, 10, 0, 0);
    unsigned portal = make_portal(pool, &server, 7);
    unsigned notification = make_notification(pool);
    unsigned index = fresh();
    unsigned last = fresh();
    uint64_t kind = (uint64_t)QUOLL_KIND_MESSAGE << 56;

    (void)state;
    assert_int_equal(inspect(portal, 2), kind | 7);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, index, portal, QUOLL_RIGHTS_ALL, QUOLL_LABEL_MAX);
    assert_int_equal(inspect(index, 2), kind | QUOLL_LABEL_MAX);
    EXPECT(domain_delete, BOOT_CAP_DOMAIN, index);
    REFUSE(BAD_ARGUMENT, domain_copy, BOOT_CAP_DOMAIN, index, portal, QUOLL_RIGHTS_ALL, QUOLL_LABEL_MAX + 1);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, index, portal, QUOLL_RIGHT_CALL, 0);
    assert_int_equal(inspect(index, 2), kind | 7);
    REFUSE(NO_RIGHT, domain_copy, BOOT_CAP_DOMAIN, last, index, QUOLL_RIGHT_CALL, 8);

    EXPECT(domain_copy, BOOT_CAP_DOMAIN, last, notification, QUOLL_RIGHTS_ALL, 0xf0);
    assert_int_equal(inspect(last, 2), 0xf0);
    REFUSE(BAD_ARGUMENT, domain_copy, BOOT_CAP_DOMAIN, fresh(), last, QUOLL_RIGHTS_ALL, 0x0f);
    unsigned narrow = fresh();
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, narrow, last, QUOLL_RIGHTS_ALL, 0x1f);
    assert_int_equal(inspect(narrow, 2), 0x10);
    REFUSE(BAD_ARGUMENT, notification_signal, narrow, 0x0f);
    EXPECT(notification_signal, narrow, 0xff);
    EXPECT(notification_wait, notification, 0);
    assert_int_equal(result(core->current, 0), 0x10);
    REFUSE(BAD_ARGUMENT, domain_copy, BOOT_CAP_DOMAIN, fresh(), pool, QUOLL_RIGHTS_ALL, 1);
}

static void copy_refuses(void **state)
{
    unsigned source = make_notification(pool);
    unsigned index = fresh();

    (void)state;
    REFUSE(SLOT_TAKEN, domain_copy, BOOT_CAP_DOMAIN, source, source, 0, 0);
    REFUSE(BAD_CAPABILITY, domain_copy, BOOT_CAP_DOMAIN, 0, source, 0, 0);
    REFUSE(BAD_CAPABILITY, domain_copy, BOOT_CAP_DOMAIN, ROOT_CAPABILITIES, source, 0, 0);
    REFUSE(BAD_CAPABILITY, domain_copy, BOOT_CAP_DOMAIN, UINT64_MAX, source, 0, 0);
    REFUSE(BAD_CAPABILITY, domain_copy, BOOT_CAP_DOMAIN, index, 0, 0, 0);
    REFUSE(BAD_CAPABILITY, domain_copy, BOOT_CAP_DOMAIN, index, index, 0, 0);
    REFUSE(BAD_CAPABILITY, domain_copy, BOOT_CAP_DOMAIN, index, UINT64_C(1) << 32 | source, 0, 0);
    REFUSE(BAD_ARGUMENT, domain_copy, BOOT_CAP_DOMAIN, index, source, QUOLL_RIGHTS_ALL + 1, 0);
    REFUSE(BAD_CAPABILITY, domain_inspect, BOOT_CAP_DOMAIN, ROOT_CAPABILITIES);
    REFUSE(BAD_CAPABILITY, domain_inspect, BOOT_CAP_DOMAIN, 0);
    REFUSE(BAD_CAPABILITY, domain_revoke, BOOT_CAP_DOMAIN, index);
    REFUSE(BAD_CAPABILITY, domain_revoke, BOOT_CAP_DOMAIN, 0);
    REFUSE(BAD_CAPABILITY, domain_delete, BOOT_CAP_DOMAIN, index);
    REFUSE(BAD_CAPABILITY, domain_delete, BOOT_CAP_DOMAIN, ROOT_CAPABILITIES);
}

/*
 *   a - b - c        revoking b ends c and d, not e; deleting a ends all copies but not the object,
 *    \   \- d        which then has no name
 *     \- e
 */
static void trees(void **state)
{
    unsigned a = make_notification(pool);
    unsigned b = fresh();
    unsigned c = fresh();
    unsigned d = fresh();
    unsigned e = fresh();

    (void)state;
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, e, a, QUOLL_RIGHTS_ALL, 0);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, b, a, QUOLL_RIGHTS_ALL, 0);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, c, b, QUOLL_RIGHTS_ALL, 0);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, d, b, QUOLL_RIGHTS_ALL, 0);
    EXPECT(domain_revoke, BOOT_CAP_DOMAIN, b);
    assert_int_equal(inspect(a, 0), QUOLL_TYPE_NOTIFICATION);
    assert_int_equal(inspect(b, 0), QUOLL_TYPE_NOTIFICATION);
    assert_int_equal(inspect(c, 0), QUOLL_TYPE_NONE);
    assert_int_equal(inspect(d, 0), QUOLL_TYPE_NONE);
    assert_int_equal(inspect(e, 0), QUOLL_TYPE_NOTIFICATION);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, c, b, QUOLL_RIGHTS_ALL, 0);
    EXPECT(domain_delete, BOOT_CAP_DOMAIN, b);
    assert_int_equal(inspect(b, 0), QUOLL_TYPE_NONE);
    assert_int_equal(inspect(c, 0), QUOLL_TYPE_NONE);
    assert_int_equal(inspect(e, 0), QUOLL_TYPE_NOTIFICATION);
    EXPECT(domain_delete, BOOT_CAP_DOMAIN, a);
    assert_int_equal(inspect(e, 0), QUOLL_TYPE_NONE);
    EXPECT(pool_status, pool);
    assert_int_equal(result(core->current, 2), 1);
    EXPECT(any_destroy, pool);
}

static void destroying_empties_every_slot(void **state)
{
    unsigned source = make_notification(pool);
    struct program program = make_program(pool, 10, 0, 0);
    unsigned copies[20] = {0};

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        copies[i] = fresh();
        EXPECT(domain_copy, BOOT_CAP_DOMAIN, copies[i], i == 0 ? source : copies[i / 2], QUOLL_RIGHTS_ALL, 0);
    }
    give(&program, OWN_FIRST, copies[19], QUOLL_RIGHTS_ALL, 0);
    /* A copy with the right can destroy, and its own slot goes last. */
    EXPECT(any_destroy, copies[7]);
    assert_int_equal(inspect(source, 0), QUOLL_TYPE_NONE);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(inspect(copies[i], 0), QUOLL_TYPE_NONE);
    EXPECT(domain_inspect, program.domain, OWN_FIRST);
    assert_int_equal(result(core->current, 0), QUOLL_TYPE_NONE);
}

/* A domain that ends takes what was copied out of its list with it. */
static void domain_end_revokes_what_it_gave(void **state)
{
    struct program giver = make_program(pool, 10, 0, 0);
    unsigned source = make_notification(pool);
    unsigned index = fresh();
    struct slot *slot = domain_slot(root_thread()->domain, index);

    (void)state;
    give(&giver, OWN_FIRST, source, QUOLL_RIGHTS_ALL, 0);
    slot_derive(slot, &giver.thread->domain->capabilities[OWN_FIRST], QUOLL_RIGHTS_ALL, UINT64_MAX);
    EXPECT(any_destroy, giver.domain);
    assert_int_equal(inspect(index, 0), QUOLL_TYPE_NONE);
    assert_int_equal(inspect(giver.thread_index, 0), QUOLL_TYPE_NONE);
    assert_int_equal(inspect(source, 0), QUOLL_TYPE_NOTIFICATION);
}

/* The tree of copies is 255 deep at most; every call that would lengthen it says so and changes nothing. */
static void too_deep(void **state)
{
    struct program program = make_program(pool, 10, 1000, 1000000);
    unsigned first = make_notification(pool);
    unsigned portal = make_portal(pool, &program, 0);
    unsigned index = first;
    unsigned last = 0;

    (void)state;
    for (unsigned depth = 1; depth <= TREE_DEPTH; depth++) {
        last = fresh();
        EXPECT(domain_copy, BOOT_CAP_DOMAIN, last, index, QUOLL_RIGHTS_ALL, 0);
        index = last;
    }
    REFUSE(TOO_DEEP, domain_copy, BOOT_CAP_DOMAIN, fresh(), last, QUOLL_RIGHTS_ALL, 0);
    REFUSE(TOO_DEEP, thread_set_supervisor, program.thread_index, last, 1, 0);
    REFUSE(TOO_DEEP, budget_report, program.budget, last, 1);
    struct program unbound = make_program(pool, 10, 0, 0);
    unsigned budget = make_budget(pool, 1000, 1000000, 1);
    EXPECT(thread_set_budget, unbound.thread_index, budget);
    REFUSE(TOO_DEEP, notification_bind, last, unbound.thread_index);

    index = portal;
    for (unsigned depth = 1; depth <= TREE_DEPTH; depth++) {
        last = fresh();
        EXPECT(domain_copy, BOOT_CAP_DOMAIN, last, index, QUOLL_RIGHTS_ALL, 0);
        index = last;
    }
    REFUSE(TOO_DEEP, domain_page, program.domain, last, PAGE_SIZE, PAGE_SIZE);
    EXPECT(domain_revoke, BOOT_CAP_DOMAIN, portal);
    assert_int_equal(inspect(last, 0), QUOLL_TYPE_NONE);
}

int test_capability(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(copies_never_gain_rights, start, machine_stop),
        cmocka_unit_test_setup_teardown(labels, start, machine_stop),
        cmocka_unit_test_setup_teardown(copy_refuses, start, machine_stop),
        cmocka_unit_test_setup_teardown(trees, start, machine_stop),
        cmocka_unit_test_setup_teardown(destroying_empties_every_slot, start, machine_stop),
        cmocka_unit_test_setup_teardown(domain_end_revokes_what_it_gave, start, machine_stop),
        cmocka_unit_test_setup_teardown(too_deep, start, machine_stop),
    };
    return cmocka_run_group_tests_name("capability", tests, NULL, NULL);
}
