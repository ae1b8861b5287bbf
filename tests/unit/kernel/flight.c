/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls in flight: the table of docs/design, row by row. In every test `low` is being served, and where it matters
 * `middle` is queued behind it.
 */
#include "machine.h"

#include "invariants.h"

enum { PORTAL = OWN_FIRST, PERIOD = 1000000, TIME = 50000 };

static unsigned pool, portal_low, portal_middle;
static struct program server, low, middle;

static void set_up(uint64_t server_time)
{
    pool = make_pool(UINT64_C(4) << 20);
    server = make_program(pool, 5, server_time, PERIOD);
    low = make_program(pool, 10, TIME, PERIOD);
    middle = make_program(pool, 20, TIME, PERIOD);
    portal_low = connect(&low, PORTAL, &server, 101);
    portal_middle = connect(&middle, PORTAL, &server, 102);
    start_program(&server);
    start_program(&low);
    start_program(&middle);
    root_rest();
    sleep_now(&middle);
    assert_current(low);
    (void)portal_call_now(PORTAL, 10, 0, 0, 0);
    assert_current(server);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_current(server);
    assert_int_equal(low.thread->state, THREAD_CALLING);
}

static int passive(void **state)
{
    machine_start(state);
    set_up(0);
    return 0;
}

static int with_budget(void **state)
{
    machine_start(state);
    set_up(TIME);
    return 0;
}

static void queue_middle(void)
{
    wake(&middle);
    assert_current(middle);
    (void)portal_call_now(PORTAL, 20, 0, 0, 0);
    assert_int_equal(middle.thread->state, THREAD_QUEUED);
    assert_current(server);
}

/* The server has flags pending as well. */
static void queue_middle_behind_flags(void)
{
    wake(&server);
    queue_middle();
}

/* Middle's memory is paged by the server, which is busy, through an index with a copy beside it. Middle runs. */
static unsigned make_first_pager(void)
{
    unsigned first = fresh();

    root_run();
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, first, portal_low, QUOLL_RIGHTS_ALL, 0);
    EXPECT(domain_page, middle.domain, first, 16 * PAGE_SIZE, PAGE_SIZE);
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, fresh(), first, QUOLL_RIGHTS_ALL, 0);
    root_rest();
    wake(&middle);
    assert_current(middle);
    return first;
}

static void assert_answer(const struct program *client, enum quoll_error error)
{
    assert_int_equal(client->thread->state, THREAD_READY);
    assert_int_equal(result(client->thread, 8), error);
    for (unsigned i = 9; i <= 18; i++)
        assert_int_equal(result(client->thread, i), 0);
}

static void server_destroyed(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(any_destroy, server.thread_index);
    assert_answer(&low, QUOLL_PEER_DEAD);
    assert_answer(&middle, QUOLL_PEER_DEAD);
    root_rest();
    assert_current(middle);
    assert_int_equal(portal_call_now(PORTAL, 0, 0, 0, 0), QUOLL_PEER_DEAD);
}

static void servers_domain_destroyed(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    host.preempt_every = 2;
    EXPECT(any_destroy, server.domain);
    host.preempt_every = 0;
    assert_answer(&low, QUOLL_PEER_DEAD);
    assert_answer(&middle, QUOLL_PEER_DEAD);
}

static void portal_destroyed(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    /* Only who came through it is concerned. */
    EXPECT(any_destroy, portal_low);
    assert_answer(&low, QUOLL_PEER_DEAD);
    assert_int_equal(middle.thread->state, THREAD_QUEUED);
    root_rest();
    /* The server is at a call without a caller; its reply is dropped and the next call taken. */
    assert_current(server);
    assert_true(server.thread->orphan);
    (void)reply_wait_now(77, 0, 0, 0, 0);
    assert_current(server);
    assert_int_equal(QUOLL_X8_LABEL(result(server.thread, 8)), 102);
    assert_int_equal(result(server.thread, 8) & QUOLL_X8_NO_CALLER, 0);
    assert_answer(&low, QUOLL_PEER_DEAD);
    (void)reply_wait_now(33, 0, 0, 0, 0);
    assert_current(middle);
    assert_int_equal(result(middle.thread, 0), 33);
}

static void portal_of_the_queue_destroyed(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(any_destroy, portal_middle);
    assert_answer(&middle, QUOLL_PEER_DEAD);
    assert_int_equal(low.thread->state, THREAD_CALLING);
    root_rest();
    assert_current(middle);
    sleep_now(&middle);
    assert_current(server);
    (void)reply_wait_now(44, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 0), 44);
}

static void capability_revoked(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(domain_revoke, BOOT_CAP_DOMAIN, portal_middle);
    assert_answer(&middle, QUOLL_REVOKED);
    EXPECT(domain_revoke, BOOT_CAP_DOMAIN, portal_low);
    assert_int_equal(low.thread->state, THREAD_CALLING);
    root_rest();
    sleep_now(&middle);
    /* The call that is being served completes. */
    assert_current(server);
    (void)reply_wait_now(55, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 8), QUOLL_OK);
    assert_int_equal(result(low.thread, 0), 55);
    assert_int_equal(portal_call_now(PORTAL, 0, 0, 0, 0), QUOLL_BAD_CAPABILITY);
}

static void capability_deleted_from_the_callers_list(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(domain_delete, middle.domain, PORTAL);
    assert_answer(&middle, QUOLL_REVOKED);
}

static void caller_destroyed_while_served(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(any_destroy, low.thread_index);
    root_rest();
    assert_current(server);
    assert_true(server.thread->orphan);
    assert_ptr_equal(core->payer, middle.thread);
    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_current(server);
    assert_int_equal(QUOLL_X8_LABEL(result(server.thread, 8)), 102);
}

/* No next caller, no budget: an orphan waits until somebody lends time. */
static void passive_orphan_waits(void **state)
{
    (void)state;
    root_run();
    EXPECT(any_destroy, low.domain);
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_null(core->current);
    advance(PERIOD);
    assert_null(core->current);
    wake(&middle);
    assert_current(middle);
    (void)portal_call_now(PORTAL, 20, 0, 0, 0);
    assert_current(server);
    assert_ptr_equal(core->payer, middle.thread);
    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_current(server);
    assert_int_equal(QUOLL_X8_LABEL(result(server.thread, 8)), 102);
}

static void orphan_uses_its_own_budget(void **state)
{
    (void)state;
    assert_ptr_equal(core->payer, low.thread);
    root_run();
    EXPECT(any_destroy, low.domain);
    root_rest();
    assert_current(server);
    assert_ptr_equal(core->payer, server.thread);
    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_null(core->current);
    assert_int_equal(server.thread->state, THREAD_WAITING);
}

static void caller_destroyed_in_the_queue(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(any_destroy, middle.domain);
    assert_null(server.thread->callers.first);
    root_rest();
    assert_current(server);
    assert_ptr_equal(core->payer, low.thread);
    (void)reply_wait_now(66, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 0), 66);
}

static void caller_suspended_while_served(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(thread_suspend, low.thread_index);
    root_rest();
    /* Its call goes on as far as others pay; the reply reaches it, though it does not run. */
    assert_current(server);
    assert_ptr_equal(core->payer, middle.thread);
    (void)reply_wait_now(12, 0, 0, 0, 0);
    assert_current(server);
    (void)reply_wait_now(13, 0, 0, 0, 0);
    assert_current(middle);
    sleep_now(&middle);
    assert_null(core->current);
    root_run();
    EXPECT(thread_resume, low.thread_index);
    root_rest();
    assert_current(low);
    assert_int_equal(result(low.thread, 0), 12);
}

static void server_suspended_while_serving(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(thread_suspend, server.thread_index);
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_null(core->current);
    assert_int_equal(low.thread->state, THREAD_CALLING);
    assert_int_equal(middle.thread->state, THREAD_QUEUED);
    root_run();
    EXPECT(thread_resume, server.thread_index);
    root_rest();
    assert_current(server);
    (void)reply_wait_now(21, 0, 0, 0, 0);
    assert_int_equal(QUOLL_X8_LABEL(result(server.thread, 8)), 102);
    (void)reply_wait_now(22, 0, 0, 0, 0);
    assert_current(middle);
}

static void server_started_anew(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    EXPECT(thread_suspend, server.thread_index);
    EXPECT(thread_start, server.thread_index, 0x2000, 0, 9);
    assert_answer(&low, QUOLL_PEER_DEAD);
    assert_int_equal(middle.thread->state, THREAD_QUEUED);
    root_rest();
    assert_current(server);
    assert_int_equal(result(server.thread, 0), 9);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_int_equal(QUOLL_X8_LABEL(result(server.thread, 8)), 102);
}

/* What it received last is forgotten: flags come before callers again. */
static void server_started_anew_takes_flags_first(void **state)
{
    (void)state;
    wake(&server);
    (void)reply_wait_now(0, 0, 0, 0, 0); /* the flags, and low has its answer */
    assert_int_equal(QUOLL_X8_KIND(result(server.thread, 8)), QUOLL_KIND_NOTIFICATION);
    queue_middle_behind_flags();
    root_run();
    EXPECT(thread_suspend, server.thread_index);
    EXPECT(thread_start, server.thread_index, 0x2000, 0, 9);
    root_rest();
    assert_current(server);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_int_equal(QUOLL_X8_KIND(result(server.thread, 8)), QUOLL_KIND_NOTIFICATION);
}

/* A thread waits for its pager; another becomes the pager. The call stays, and goes with what it was named through. */
static void pager_replaced_while_called(void **state)
{
    unsigned first = make_first_pager();

    (void)state;
    domain_memory_fault(middle.thread, ipa(16 * PAGE_SIZE), QUOLL_FAULT_WRITE, 0);
    leave();
    assert_int_equal(middle.thread->state, THREAD_QUEUED);
    root_run();
    EXPECT(domain_copy, BOOT_CAP_DOMAIN, fresh(), portal_low, QUOLL_RIGHTS_ALL, 0); /* derived, too */
    EXPECT(domain_page, middle.domain, portal_middle, 16 * PAGE_SIZE, PAGE_SIZE);
    check_invariants();
    EXPECT(domain_delete, BOOT_CAP_DOMAIN, first + 1); /* a copy beside it */
    assert_int_equal(middle.thread->state, THREAD_QUEUED);
    EXPECT(domain_revoke, BOOT_CAP_DOMAIN, first);
    assert_int_equal(middle.thread->state, THREAD_READY);
    assert_true(middle.thread->fault_pending);
}

static void server_faults_while_serving(void **state)
{
    unsigned supervisor = 0;

    (void)state;
    root_run();
    supervisor = make_notification(BOOT_CAP_POOL);
    EXPECT(thread_set_supervisor, server.thread_index, supervisor, 4, 99);
    root_rest();
    queue_middle();
    server.thread->arch.frame->pc = 0x5678;
    server.thread->arch.sp = 0x9000;
    thread_fault(server.thread, QUOLL_FAULT_WRITE, 0xdead000, 0x1234);
    leave();
    assert_answer(&low, QUOLL_PEER_DEAD);
    /* The next in the queue is told when it is its turn to run. */
    assert_current(middle);
    assert_answer(&middle, QUOLL_PEER_DEAD);
    assert_int_equal(portal_call_now(PORTAL, 0, 0, 0, 0), QUOLL_PEER_DEAD);

    root_run();
    EXPECT(notification_wait, supervisor, 0);
    assert_int_equal(result(core->current, 0), 4);
    EXPECT(notification_take_fault, supervisor);
    assert_int_equal(result(core->current, 0), 99);
    assert_int_equal(result(core->current, 1), QUOLL_FAULT_WRITE);
    assert_int_equal(result(core->current, 2), 0x5678);
    assert_int_equal(result(core->current, 3), 0xdead000);
    assert_int_equal(result(core->current, 4), 0x1234);
    assert_int_equal(result(core->current, 5), 0x9000);
    REFUSE(NOT_FOUND, notification_take_fault, supervisor);
    EXPECT(thread_status, server.thread_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_FAULTED);
    EXPECT(thread_start, server.thread_index, 0x1000, 0, 0);
    EXPECT(thread_status, server.thread_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_READY);
}

/* The caller's budget ends inside the server: it stops there, and goes on when the time comes back. */
static void budget_ends_inside_the_server(void **state)
{
    (void)state;
    advance(TIME - 1);
    assert_current(server);
    advance(1);
    assert_null(core->current);
    assert_int_equal(low.thread->state, THREAD_CALLING);
    advance(PERIOD - TIME - 2);
    assert_null(core->current);
    advance(10);
    assert_current(server);
    assert_ptr_equal(core->payer, low.thread);
    (void)reply_wait_now(88, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 0), 88);
}

/* The same, and the next caller lends and pays until that request ends. */
static void next_caller_helps(void **state)
{
    uint64_t before = middle.thread->budget->used;

    (void)state;
    advance(TIME);
    assert_null(core->current);
    wake(&middle);
    assert_current(middle);
    (void)portal_call_now(PORTAL, 20, 0, 0, 0);
    assert_current(server);
    assert_ptr_equal(core->payer, middle.thread);
    advance(500);
    (void)reply_wait_now(1, 0, 0, 0, 0);
    /* Low has its answer, and no time to look at it. */
    assert_answer(&low, QUOLL_OK);
    assert_current(server);
    assert_int_equal(QUOLL_X8_LABEL(result(server.thread, 8)), 102);
    (void)reply_wait_now(2, 0, 0, 0, 0);
    assert_current(middle);
    sleep_now(&middle);
    assert_int_equal(middle.thread->budget->used - before, 500);
}

/* A budget-owning server whose caller ran dry does not pay for it. */
static void server_does_not_pay_for_its_caller(void **state)
{
    (void)state;
    uint64_t before = server.thread->budget->used;
    advance(TIME);
    assert_null(core->current);
    advance(10);
    assert_int_equal(server.thread->budget->used, before);
}

static void budget_of_the_caller_destroyed(void **state)
{
    (void)state;
    root_run();
    EXPECT(any_destroy, low.budget);
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_null(core->current);
    wake(&middle);
    (void)portal_call_now(PORTAL, 20, 0, 0, 0);
    assert_current(server);
    (void)reply_wait_now(1, 0, 0, 0, 0);
    assert_answer(&low, QUOLL_OK);
    assert_current(server);
}

/* Two links: the end of the middle one of a chain. */
static void middle_of_a_chain_destroyed(void **state)
{
    struct program end;

    (void)state;
    root_run();
    end = make_program(pool, 5, 0, 0);
    (void)connect(&server, PORTAL, &end, 300);
    start_program(&end);
    root_rest();
    assert_current(server);
    (void)portal_call_now(PORTAL, 0, 0, 0, 0);
    assert_current(end);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_current(end);
    root_run();
    EXPECT(any_destroy, server.domain);
    assert_answer(&low, QUOLL_PEER_DEAD);
    assert_true(end.thread->orphan);
    root_rest();
    assert_current(low);
}

static void end_of_a_chain_faults(void **state)
{
    struct program end;

    (void)state;
    root_run();
    end = make_program(pool, 5, 0, 0);
    (void)connect(&server, PORTAL, &end, 300);
    start_program(&end);
    root_rest();
    (void)portal_call_now(PORTAL, 0, 0, 0, 0);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_current(end);
    thread_fault(end.thread, QUOLL_FAULT_READ, 0, 0);
    leave();
    assert_current(server);
    assert_answer(&server, QUOLL_PEER_DEAD);
    (void)reply_wait_now(17, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 0), 17);
}

/* A server that waits for a notification inside a call: its caller's budget is not spent on waiting. */
static void server_waits_inside_a_call(void **state)
{
    (void)state;
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, QUOLL_FOREVER);
    assert_null(core->current);
    uint64_t before = low.thread->budget->used;
    advance(1000);
    wake(&server);
    assert_current(server);
    assert_ptr_equal(core->payer, low.thread);
    assert_int_equal(low.thread->budget->used, before);
    (void)reply_wait_now(18, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 0), 18);
}

/* The whole pool goes with everybody in the middle of everything. */
static void everything_at_once(void **state)
{
    (void)state;
    queue_middle();
    root_run();
    host.preempt_every = 2;
    EXPECT(any_destroy, pool);
    host.preempt_every = 0;
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_null(core->current);
}

int test_flight(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(server_destroyed, passive, machine_stop),
        cmocka_unit_test_setup_teardown(servers_domain_destroyed, with_budget, machine_stop),
        cmocka_unit_test_setup_teardown(portal_destroyed, passive, machine_stop),
        cmocka_unit_test_setup_teardown(portal_of_the_queue_destroyed, passive, machine_stop),
        cmocka_unit_test_setup_teardown(capability_revoked, passive, machine_stop),
        cmocka_unit_test_setup_teardown(capability_deleted_from_the_callers_list, passive, machine_stop),
        cmocka_unit_test_setup_teardown(caller_destroyed_while_served, passive, machine_stop),
        cmocka_unit_test_setup_teardown(passive_orphan_waits, passive, machine_stop),
        cmocka_unit_test_setup_teardown(orphan_uses_its_own_budget, with_budget, machine_stop),
        cmocka_unit_test_setup_teardown(caller_destroyed_in_the_queue, passive, machine_stop),
        cmocka_unit_test_setup_teardown(caller_suspended_while_served, passive, machine_stop),
        cmocka_unit_test_setup_teardown(server_suspended_while_serving, passive, machine_stop),
        cmocka_unit_test_setup_teardown(server_started_anew, passive, machine_stop),
        cmocka_unit_test_setup_teardown(server_started_anew_takes_flags_first, with_budget, machine_stop),
        cmocka_unit_test_setup_teardown(pager_replaced_while_called, passive, machine_stop),
        cmocka_unit_test_setup_teardown(server_faults_while_serving, passive, machine_stop),
        cmocka_unit_test_setup_teardown(budget_ends_inside_the_server, passive, machine_stop),
        cmocka_unit_test_setup_teardown(next_caller_helps, passive, machine_stop),
        cmocka_unit_test_setup_teardown(server_does_not_pay_for_its_caller, with_budget, machine_stop),
        cmocka_unit_test_setup_teardown(budget_of_the_caller_destroyed, passive, machine_stop),
        cmocka_unit_test_setup_teardown(middle_of_a_chain_destroyed, passive, machine_stop),
        cmocka_unit_test_setup_teardown(end_of_a_chain_faults, passive, machine_stop),
        cmocka_unit_test_setup_teardown(server_waits_inside_a_call, with_budget, machine_stop),
        cmocka_unit_test_setup_teardown(everything_at_once, with_budget, machine_stop),
    };
    return cmocka_run_group_tests_name("calls in flight", tests, NULL, NULL);
}
