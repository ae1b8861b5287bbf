/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Notifications, deadlines, fault records, interrupt lines, and the states of a thread.
 */
#include "machine.h"

#include "interrupt.h"

enum { PERIOD = 1000000, TIME = 50000, LINE = 77 };

static unsigned pool;
static struct program program;

static int start(void **state)
{
    machine_start(state);
    pool = make_pool(UINT64_C(2) << 20);
    program = make_program(pool, 10, TIME, PERIOD);
    start_program(&program);
    return 0;
}

static void flags_gather(void **state)
{
    unsigned notification = make_notification(pool);

    (void)state;
    REFUSE(TIMEOUT, notification_wait, notification, 0);
    EXPECT(notification_signal, notification, 5);
    EXPECT(notification_signal, notification, UINT64_C(1) << 63);
    EXPECT(notification_wait, notification, 0);
    assert_int_equal(result(core->current, 0), UINT64_C(1) << 63 | 5);
    REFUSE(TIMEOUT, notification_wait, notification, host.counter);
    REFUSE(BAD_ARGUMENT, notification_signal, notification, 0);
}

static void waits_end_at_their_deadline(void **state)
{
    (void)state;
    root_rest();
    assert_current(program);
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, host.counter + 500);
    assert_null(core->current);
    assert_int_equal(program.thread->state, THREAD_NOTIFICATION);
    advance(499);
    assert_null(core->current);
    advance(1);
    assert_current(program);
    assert_int_equal(result(program.thread, 8), QUOLL_TIMEOUT);
    /* A flag before the deadline, and the timer is gone. */
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, host.counter + 500);
    advance(100);
    wake(&program);
    assert_current(program);
    assert_int_equal(result(program.thread, 8), QUOLL_OK);
    assert_int_equal(result(program.thread, 0), 1);
    sleep_now(&program);
    advance(1000);
    assert_null(core->current);
}

/* More deadlines at one moment than one interrupt handles: between two of those, whoever runs gets somewhere. */
static void many_deadlines(void **state)
{
    struct program programs[20];
    uint64_t when = 0;

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        programs[i] = make_program(pool, 20, TIME / 4, PERIOD);
        start_program(&programs[i]);
    }
    when = host.counter + 10000;
    root_rest();
    for (unsigned i = 0; i < 20; i++)
        (void)INVOKE(notification_wait, OWN_NOTIFICATION, when);
    assert_current(program);
    sleep_now(&program);
    advance(10000);
    assert_int_equal(programs[19].thread->state, THREAD_NOTIFICATION);
    advance(100);
    advance(100);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(programs[i].thread->state, THREAD_READY);
}

static void wait_and_bind_refuse(void **state)
{
    unsigned notification = make_notification(pool);
    struct program passive = make_program(pool, 20, 0, 0);
    struct program waiter = make_program(pool, 30, TIME, PERIOD);

    (void)state;
    REFUSE(NO_BUDGET, notification_bind, notification, passive.thread_index);
    REFUSE(BUSY, notification_bind, program.notification, waiter.thread_index);
    REFUSE(BUSY, notification_bind, notification, program.thread_index);
    REFUSE(BUSY, notification_wait, program.notification, QUOLL_FOREVER); /* bound to somebody else */
    give(&waiter, OWN_FIRST, notification, QUOLL_RIGHTS_ALL, 0);
    start_program(&waiter);
    root_rest();
    (void)INVOKE(notification_wait, OWN_FIRST, QUOLL_FOREVER);
    root_run();
    REFUSE(BUSY, notification_wait, notification, QUOLL_FOREVER);
    unsigned budget = make_budget(pool, TIME, PERIOD, 1);
    EXPECT(thread_set_budget, passive.thread_index, budget);
    REFUSE(BUSY, notification_bind, notification, passive.thread_index);
    EXPECT(any_destroy, notification);
    assert_int_equal(result(waiter.thread, 8), QUOLL_PEER_DEAD);
    root_rest();
    assert_current(waiter);
}

/* What is pending when it is bound reaches a thread that waits already. */
static void binding_delivers(void **state)
{
    struct program server = make_program(pool, 20, 0, 0);
    unsigned budget = make_budget(pool, TIME, PERIOD, 1);
    unsigned notification = make_notification(pool);

    (void)state;
    EXPECT(thread_set_budget, server.thread_index, budget);
    start_program(&server);
    root_rest();
    assert_current(server);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    root_run();
    EXPECT(notification_signal, notification, 6);
    EXPECT(notification_bind, notification, server.thread_index);
    root_rest();
    assert_current(server);
    assert_int_equal(result(server.thread, 0), 6);
    assert_int_equal(QUOLL_X8_KIND(result(server.thread, 8)), QUOLL_KIND_NOTIFICATION);
    /* Unbound by destroying it; another can be bound. */
    root_run();
    EXPECT(any_destroy, notification);
    assert_null(server.thread->bound.object);
    notification = make_notification(pool);
    EXPECT(notification_bind, notification, server.thread_index);
}

/* Revoking the capability that was used for binding unbinds. */
static void unbound_by_revocation(void **state)
{
    struct program server = make_program(pool, 20, TIME, PERIOD);

    (void)state;
    EXPECT(domain_revoke, BOOT_CAP_DOMAIN, server.notification);
    assert_null(server.thread->bound.object);
    EXPECT(notification_signal, server.notification, 1);
    EXPECT(notification_bind, server.notification, server.thread_index);
}

static void faults_wait_in_order(void **state)
{
    unsigned supervisor = make_notification(pool);
    struct program others[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        others[i] = make_program(pool, (uint8_t)(20 + i), TIME, PERIOD);
        EXPECT(thread_set_supervisor, others[i].thread_index, supervisor, 2, 100 + i);
        start_program(&others[i]);
    }
    REFUSE(BAD_ARGUMENT, thread_set_supervisor, program.thread_index, supervisor, 0, 0);
    root_rest();
    for (unsigned i = 3; i-- > 0;) {
        assert_current(others[i]);
        thread_fault(core->current, QUOLL_FAULT_INSTRUCTION, i, i);
        leave();
    }
    root_run();
    EXPECT(any_destroy, others[1].domain); /* its record goes with it */
    EXPECT(notification_take_fault, supervisor);
    assert_int_equal(result(core->current, 0), 102);
    EXPECT(notification_take_fault, supervisor);
    assert_int_equal(result(core->current, 0), 100);
    REFUSE(NOT_FOUND, notification_take_fault, supervisor);
}

static void supervisor_destroyed_with_records(void **state)
{
    unsigned supervisor = make_notification(pool);

    (void)state;
    EXPECT(thread_set_supervisor, program.thread_index, supervisor, 2, 7);
    root_rest();
    thread_fault(core->current, QUOLL_FAULT_READ, 0, 0);
    leave();
    root_run();
    EXPECT(any_destroy, supervisor);
    EXPECT(thread_status, program.thread_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_FAULTED);
    EXPECT(any_destroy, program.domain);
}

static void interrupts_are_notifications(void **state)
{
    unsigned interrupt = fresh();
    unsigned notification = make_notification(pool);

    (void)state;
    REFUSE(BAD_ARGUMENT, pool_create_interrupt, pool, interrupt, BOOT_CAP_INTERRUPTS, 31);
    REFUSE(BAD_ARGUMENT, pool_create_interrupt, pool, interrupt, BOOT_CAP_INTERRUPTS, HOST_LINES);
    REFUSE(BAD_ARGUMENT, pool_create_interrupt, pool, interrupt, BOOT_CAP_INTERRUPTS, UINT64_MAX);
    REFUSE(SLOT_TAKEN, pool_create_interrupt, pool, pool, BOOT_CAP_INTERRUPTS, LINE);
    EXPECT(pool_create_interrupt, pool, interrupt, BOOT_CAP_INTERRUPTS, LINE);
    REFUSE(BUSY, pool_create_interrupt, pool, fresh(), BOOT_CAP_INTERRUPTS, LINE);
    REFUSE(BAD_ARGUMENT, pool_create_interrupt, pool, fresh(), interrupt, LINE + 1);
    REFUSE(BAD_STATE, interrupt_acknowledge, interrupt);
    REFUSE(BAD_STATE, interrupt_acknowledge, BOOT_CAP_INTERRUPTS);
    REFUSE(BAD_STATE, interrupt_bind, BOOT_CAP_INTERRUPTS, notification, 1, 0);
    REFUSE(BAD_ARGUMENT, interrupt_bind, interrupt, notification, 0, QUOLL_TRIGGER_LEVEL);
    REFUSE(BAD_ARGUMENT, interrupt_bind, interrupt, notification, 1, 2);
    assert_int_equal(host.line[LINE], 0);
    EXPECT(interrupt_bind, interrupt, notification, 8, QUOLL_TRIGGER_LEVEL);
    assert_int_equal(host.line[LINE], HOST_LINE_ENABLED);

    interrupt_deliver(core, LINE);
    assert_int_equal(host.completed, 0); /* it cannot be taken again until it is acknowledged */
    EXPECT(notification_wait, notification, 0);
    assert_int_equal(result(core->current, 0), 8);
    EXPECT(interrupt_acknowledge, interrupt);
    assert_int_equal(host.completed, 1);
    EXPECT(interrupt_acknowledge, interrupt);
    assert_int_equal(host.completed, 1);

    /* The notification goes while the line is active: masked and deactivated. */
    interrupt_deliver(core, LINE);
    EXPECT(any_destroy, notification);
    assert_int_equal(host.line[LINE], 0);
    assert_int_equal(host.completed, 2);
    /* One that was on its way when it was unbound. */
    interrupt_deliver(core, LINE);
    assert_int_equal(host.completed, 3);
    REFUSE(BAD_STATE, interrupt_acknowledge, interrupt);

    notification = make_notification(pool);
    EXPECT(interrupt_bind, interrupt, notification, 1, QUOLL_TRIGGER_EDGE);
    assert_int_equal(host.line[LINE], HOST_LINE_ENABLED | HOST_LINE_EDGE);
    interrupt_deliver(core, LINE);
    EXPECT(any_destroy, interrupt);
    assert_int_equal(host.line[LINE], 0);
    assert_int_equal(host.completed, 4);
    EXPECT(pool_create_interrupt, pool, interrupt, BOOT_CAP_INTERRUPTS, LINE);
}

static void thread_states(void **state)
{
    struct program other = make_program(pool, 20, TIME, PERIOD);

    (void)state;
    EXPECT(thread_status, other.thread_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_NEW);
    assert_int_equal(result(core->current, 1), 20);
    REFUSE(BAD_STATE, thread_resume, other.thread_index);
    REFUSE(BAD_ARGUMENT, thread_start, other.thread_index, 2, 0, 0);
    REFUSE(BAD_ARGUMENT, thread_start, other.thread_index, QUOLL_ADDRESS_LIMIT, 0, 0);
    REFUSE(BAD_ARGUMENT, thread_start, other.thread_index, 0x1000, 8, 0);
    EXPECT(thread_start, other.thread_index, 0x1000, 0x2000, 3);
    REFUSE(BAD_STATE, thread_start, other.thread_index, 0x1000, 0, 0);
    REFUSE(BAD_STATE, thread_start, BOOT_CAP_THREAD, 0x1000, 0, 0);
    REFUSE(BUSY, thread_read_registers, other.thread_index, 0);
    EXPECT(thread_status, other.thread_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_READY);
    EXPECT(thread_suspend, other.thread_index);
    EXPECT(thread_status, other.thread_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_SUSPENDED);
    EXPECT(thread_read_registers, other.thread_index, 0);
    assert_int_equal(result(core->current, 0), 3);
    EXPECT(thread_read_registers, other.thread_index, QUOLL_REGISTER_SP);
    assert_int_equal(result(core->current, 0), 0x2000);
    assert_int_equal(result(core->current, 1), 0x1000);
    assert_int_equal(result(core->current, 7), 0);
    REFUSE(BAD_ARGUMENT, thread_read_registers, other.thread_index, QUOLL_REGISTER_COUNT);
    REFUSE(BAD_ARGUMENT, thread_read_registers, other.thread_index, UINT64_MAX);
    EXPECT(thread_resume, other.thread_index);
    root_rest();
    assert_current(other);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    sleep_now(&program);
    root_run();
    EXPECT(thread_status, other.thread_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_WAITING);
    EXPECT(thread_status, program.thread_index);
    assert_int_equal(result(core->current, 0), QUOLL_THREAD_NOTIFICATION);
}

/* Suspended in the middle of a wait with a deadline: both are over when it goes on. */
static void suspended_while_it_waits(void **state)
{
    (void)state;
    root_rest();
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, host.counter + 100);
    root_run();
    EXPECT(thread_suspend, program.thread_index);
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    advance(200);
    assert_null(core->current);
    root_run();
    EXPECT(thread_resume, program.thread_index);
    root_rest();
    assert_current(program);
    assert_int_equal(result(program.thread, 8), QUOLL_TIMEOUT);
}

/* Explicitly paged memory: the fault is a call to the pager, and its reply lets the access happen again. */
static void pager(void **state)
{
    struct program server = make_program(pool, 20, 0, 0);
    unsigned portal = make_portal(pool, &server, 55);

    (void)state;
    REFUSE(BAD_ARGUMENT, domain_page, program.domain, portal, 1, PAGE_SIZE);
    REFUSE(BAD_ARGUMENT, domain_page, program.domain, portal, PAGE_SIZE, 0);
    REFUSE(BAD_ARGUMENT, domain_page, program.domain, portal, QUOLL_ADDRESS_LIMIT, PAGE_SIZE);
    unsigned vm = make_domain(pool, QUOLL_DOMAIN_VM);
    REFUSE(BAD_ARGUMENT, domain_page, vm, portal, PAGE_SIZE, PAGE_SIZE);
    EXPECT(domain_page, program.domain, portal, 16 * PAGE_SIZE, 4 * PAGE_SIZE);
    start_program(&server);
    root_rest();
    assert_current(program);
    *thread_word(program.thread, 0) = 4711;
    program.thread->arch.frame->pc = 0x1230;
    domain_memory_fault(program.thread, ipa(17 * PAGE_SIZE + 8), QUOLL_FAULT_WRITE, 99);
    leave();
    assert_current(server);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_int_equal(QUOLL_X8_LABEL(result(server.thread, 8)), 55);
    assert_int_equal(result(server.thread, 0), QUOLL_FAULT_WRITE);
    assert_int_equal(result(server.thread, 1), 17 * PAGE_SIZE + 8);
    assert_int_equal(result(server.thread, 2), 0x1230);
    (void)reply_wait_now(1, 0, 0, 0, 0);
    assert_current(program);
    assert_int_equal(result(program.thread, 0), 4711);
    assert_int_equal(program.thread->arch.frame->pc, 0x1230);
    /* Outside the paged range, and with the pager gone. */
    domain_memory_fault(program.thread, ipa(20 * PAGE_SIZE), QUOLL_FAULT_READ, 0);
    leave();
    assert_int_equal(program.thread->fault.reason, QUOLL_FAULT_READ);
    assert_true(program.thread->faulted);
    root_run();
    EXPECT(thread_start, program.thread_index, 0x1000, 0, 0);
    root_rest();
    domain_memory_fault(program.thread, ipa(17 * PAGE_SIZE), QUOLL_FAULT_READ, 0);
    leave();
    assert_current(server);
    root_run();
    EXPECT(any_destroy, server.domain);
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_true(program.thread->faulted);
    assert_int_equal(program.thread->fault.reason, QUOLL_FAULT_PAGER);
    root_run();
    EXPECT(thread_start, program.thread_index, 0x1000, 0, 0);
    root_rest();
    domain_memory_fault(program.thread, ipa(17 * PAGE_SIZE), QUOLL_FAULT_READ, 0);
    assert_true(program.thread->faulted);
    assert_int_equal(program.thread->fault.reason, QUOLL_FAULT_PAGER);
    leave();
}

int test_notification(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(flags_gather, start, machine_stop),
        cmocka_unit_test_setup_teardown(waits_end_at_their_deadline, start, machine_stop),
        cmocka_unit_test_setup_teardown(many_deadlines, start, machine_stop),
        cmocka_unit_test_setup_teardown(wait_and_bind_refuse, start, machine_stop),
        cmocka_unit_test_setup_teardown(binding_delivers, start, machine_stop),
        cmocka_unit_test_setup_teardown(unbound_by_revocation, start, machine_stop),
        cmocka_unit_test_setup_teardown(faults_wait_in_order, start, machine_stop),
        cmocka_unit_test_setup_teardown(supervisor_destroyed_with_records, start, machine_stop),
        cmocka_unit_test_setup_teardown(interrupts_are_notifications, start, machine_stop),
        cmocka_unit_test_setup_teardown(thread_states, start, machine_stop),
        cmocka_unit_test_setup_teardown(suspended_while_it_waits, start, machine_stop),
        cmocka_unit_test_setup_teardown(pager, start, machine_stop),
    };
    return cmocka_run_group_tests_name("notification", tests, NULL, NULL);
}
