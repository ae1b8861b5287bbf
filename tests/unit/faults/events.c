/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Interrupts that do not come, or come twice; timers that are late; errors that are seen too late to say of what.
 */
#include "faults/tests.h"

#include "faults/snapshot.h"
#include "kernel/invariants.h"
#include "kernel/machine.h"
#include "vcpu.h"

enum { TIME = 2000, PERIOD = 20000, LINE = 40, OWN_PORTAL = 20 };

static unsigned pool, interrupt, vcpu_index, exit_portal;
static struct program driver, client, vmm;
static struct thread *guest;

static int start(void **state)
{
    unsigned vm = 0;

    machine_start(state);
    pool = make_pool(UINT64_C(1) << 20);
    driver = make_program(pool, 100, TIME, PERIOD);
    client = make_program(pool, 90, TIME, PERIOD);
    vmm = make_program(pool, 40, TIME, PERIOD);
    interrupt = fresh();
    EXPECT(pool_create_interrupt, pool, interrupt, BOOT_CAP_INTERRUPTS, LINE);
    EXPECT(interrupt_bind, interrupt, driver.notification, 2, QUOLL_TRIGGER_LEVEL);
    EXPECT(thread_set_supervisor, driver.thread_index, note, 4, 77);
    (void)connect(&client, OWN_PORTAL, &driver, 9);
    vm = make_domain(pool, QUOLL_DOMAIN_VM);
    exit_portal = make_portal(pool, &vmm, 5);
    vcpu_index = fresh();
    EXPECT(pool_create_vcpu, pool, vcpu_index, vm, make_memory(PAGE_SIZE), exit_portal, 0, 10);
    guest = container_of(root_object(vcpu_index), struct thread, object);
    EXPECT(thread_set_budget, vcpu_index, make_budget(pool, TIME, PERIOD, 8));
    return 0;
}

static void interrupt_comes_twice(void **state)
{
    uint64_t completed = host.completed;

    (void)state;
    start_program(&driver);
    root_rest();
    sleep_now(&driver);
    take_interrupt(LINE);
    take_interrupt(LINE); /* before it was acknowledged: no interrupt controller should */
    check_invariants();
    assert_current(driver);
    assert_int_equal(result(driver.thread, 0), 2);
    /* The second one was not lost either, and both are one. */
    EXPECT(notification_wait, OWN_NOTIFICATION, QUOLL_FOREVER);
    assert_int_equal(result(driver.thread, 0), 2);
    sleep_now(&driver);
    root_run();
    EXPECT(interrupt_acknowledge, interrupt);
    EXPECT(interrupt_acknowledge, interrupt);
    assert_int_equal(host.completed, completed + 1); /* what is not active is not deactivated */
    check_invariants();
}

static void interrupt_is_lost(void **state)
{
    (void)state;
    start_program(&driver);
    root_rest();
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, host.counter + 500);
    advance(500);
    assert_current(driver);
    assert_int_equal(result(driver.thread, 8), QUOLL_TIMEOUT);
    /* The next one comes, and the deadline that passed does nothing any more. */
    sleep_now(&driver);
    take_interrupt(LINE);
    assert_current(driver);
    assert_int_equal(result(driver.thread, 0), 2);
    assert_int_equal(result(driver.thread, 8), QUOLL_OK);
    check_invariants();
}

static void interrupt_of_nobody(void **state)
{
    (void)state;
    host.line[LINE + 1] = HOST_LINE_ENABLED;
    take_interrupt(LINE + 1);
    assert_int_equal(host.line[LINE + 1], 0);
    EXPECT(any_destroy, interrupt);
    host.line[LINE] = HOST_LINE_ENABLED;
    take_interrupt(LINE);
    assert_int_equal(host.line[LINE], 0);
    check_invariants();
}

static void timer_comes_late_and_twice(void **state)
{
    (void)state;
    start_program(&driver);
    root_rest();
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, host.counter + 500);
    assert_null(core->current);
    host.counter += 5000;
    timer_expire(core, host.counter);
    leave();
    assert_current(driver);
    assert_int_equal(result(driver.thread, 8), QUOLL_TIMEOUT);
    snapshot_take(0, driver.thread);
    timer_expire(core, host.counter);
    leave();
    snapshot_take(1, driver.thread);
    assert_true(snapshot_same());
    check_invariants();
}

/* The driver waits for its line and the client for a moment, which is answered; vmm runs. */
static uint64_t wait_for_moment(void)
{
    uint64_t due = 0;

    start_program(&driver);
    start_program(&client);
    start_program(&vmm);
    root_rest();
    sleep_now(&driver);
    due = host.counter + 500;
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, due);
    assert_current(vmm);
    return due;
}

/* A line that makes its driver run at once is taken before the timer that is due: that follows when the driver runs. */
static void line_overtakes_timer(void **state)
{
    uint64_t due = wait_for_moment();

    (void)state;
    host.counter = due;
    take_interrupt(LINE);
    assert_current(driver);
    assert_int_equal(result(driver.thread, 0), 2);
    assert_true(host.timer > due && host.timer < due + 64);
    assert_int_equal(client.thread->state, THREAD_NOTIFICATION);
    sleep_now(&driver); /* before the timer comes: what is due stays due */
    assert_true(host.timer > due && host.timer < due + 64);
    advance(64);
    assert_current(client);
    assert_int_equal(result(client.thread, 8), QUOLL_TIMEOUT);
    check_invariants();
}

static void line_comes(void)
{
    assert_true(core->reschedule);
    take_interrupt(LINE);
}

/*
 * A line that waits behind a call, after which it has to be chosen who runs, is taken before that if its driver comes
 * before all who could be chosen. Nobody's time is lost or forgotten by it.
 */
static void line_overtakes_choice(void **state)
{
    (void)state;
    give(&client, OWN_PORTAL + 1, vmm.thread_index, QUOLL_RIGHTS_ALL, 0);
    start_program(&driver);
    start_program(&client);
    start_program(&vmm);
    root_rest();
    sleep_now(&driver);
    assert_current(client);
    host.counter += 100;
    behind_call = line_comes;
    EXPECT(thread_suspend, OWN_PORTAL + 1);
    assert_current(driver);
    assert_int_equal(result(driver.thread, 0), 2);
    assert_true(core->reschedule);
    check_invariants();
    host.counter += 30;
    sleep_now(&driver);
    assert_current(client);
    assert_int_equal(client.thread->budget->used, 100);
    assert_int_equal(driver.thread->budget->used, 30);
    sleep_now(&client);
    assert_null(core->current); /* the choice was not forgotten */
    check_invariants();
}

/* The same behind a call with which whoever ran stops: its time is settled, for it stands in no queue any more. */
static void line_overtakes_who_waits(void **state)
{
    (void)state;
    start_program(&driver);
    start_program(&client);
    root_rest();
    sleep_now(&driver);
    host.counter += 100;
    behind_call = line_comes;
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, host.counter + 5000);
    assert_current(driver);
    assert_int_equal(client.thread->place, PLACE_NONE);
    assert_int_equal(client.thread->budget->used, 100);
    assert_int_equal(client.thread->budget->used_until, 0);
    check_invariants();
    host.counter += 30;
    behind_call = line_comes; /* for whom has just begun to wait again */
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, QUOLL_FOREVER);
    assert_current(driver);
    assert_int_equal(result(driver.thread, 0), 2);
    assert_int_equal(driver.thread->budget->used, 30);
    check_invariants();
    host.counter += TIME - 30;
    behind_call = line_comes; /* ... and has no time left */
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, QUOLL_FOREVER);
    assert_null(core->current);
    assert_int_equal(driver.thread->place, PLACE_EXHAUSTED);
    assert_int_equal(driver.thread->budget->used, TIME);
    check_invariants();
}

/* What is due when a line overtakes the choice comes a moment after it. */
static void line_overtakes_what_is_due(void **state)
{
    uint64_t due = wait_for_moment();

    (void)state;
    host.counter = due - 1; /* that is while the kernel is being left */
    behind_call = line_comes;
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, due + 900);
    assert_current(driver);
    assert_true(host.timer > due && host.timer < due + 64);
    advance(64);
    assert_current(driver); /* which is more urgent than who was woken */
    sleep_now(&driver);
    assert_current(client);
    assert_int_equal(result(client.thread, 8), QUOLL_TIMEOUT);
    check_invariants();
}

static void line_comes_after_choice(void **state)
{
    struct program urgent = make_program(pool, 110, TIME, PERIOD);

    (void)state;
    give(&client, OWN_PORTAL + 1, urgent.thread_index, QUOLL_RIGHTS_ALL, 0);
    start_program(&urgent);
    EXPECT(thread_suspend, urgent.thread_index);
    start_program(&driver);
    start_program(&client);
    root_rest();
    sleep_now(&driver);
    assert_current(client);
    behind_call = line_comes;
    EXPECT(thread_resume, OWN_PORTAL + 1);
    assert_current(urgent);
    sleep_now(&urgent);
    assert_current(driver);
    assert_int_equal(result(driver.thread, 0), 2);
    check_invariants();
}

/* A timer that is late lets a thread run on; what it used too much is taken from what would have come back. */
static void late_timer_gives_no_time(void **state)
{
    uint64_t began = 0;
    uint64_t used = 0;

    (void)state;
    start_program(&driver);
    root_rest();
    began = host.counter;
    host.counter += 3 * TIME / 2;
    timer_expire(core, host.counter);
    leave();
    assert_ptr_not_equal(core->current, driver.thread);
    assert_int_equal(driver.thread->place, PLACE_EXHAUSTED);
    for (unsigned i = 0; i < 10; i++) {
        advance(PERIOD);
        check_invariants();
    }
    used = driver.thread->budget->used;
    assert_true(used <= (host.counter - began) / PERIOD * TIME + 2 * TIME);
}

static void imprecise_error_of_a_server(void **state)
{
    (void)state;
    start_program(&driver);
    start_program(&client);
    root_rest();
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_current(client);
    (void)portal_call_now(OWN_PORTAL, 1, 0, 0, 0);
    assert_current(driver);
    thread_fault(driver.thread, QUOLL_FAULT_IMPRECISE, 0, 0x2f);
    leave();
    check_invariants();
    root_run();
    EXPECT(notification_take_fault, note);
    assert_int_equal(result(root_thread(), 0), 77);
    assert_int_equal(result(root_thread(), 1), QUOLL_FAULT_IMPRECISE);
    root_rest();
    assert_current(client);
    assert_int_equal(result(client.thread, 8), QUOLL_PEER_DEAD);
    sleep_now(&client);
    root_run();
    /* Who was started anew is not blamed for what it did before. */
    EXPECT(thread_start, driver.thread_index, 0x1000, 0, 0);
    root_rest();
    assert_current(driver);
    check_invariants();
}

static void imprecise_error_of_a_guest(void **state)
{
    (void)state;
    start_program(&vmm);
    EXPECT(thread_start, vcpu_index, 0, 0, 0);
    root_rest();
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_ptr_equal(core->current, guest);
    vcpu_exit(guest, QUOLL_EXIT_IMPRECISE, 0x2f, 0, 0, 0);
    leave();
    assert_current(vmm);
    assert_int_equal(result(vmm.thread, 0), QUOLL_EXIT_IMPRECISE);
    (void)reply_wait_now(QUOLL_REPLY_STOP, 0, 0, 0, 0);
    assert_null(core->current);
    assert_true(guest->suspended);
    check_invariants();
    root_run();
}

/* Started anew while the error of its past is not told yet. */
static void imprecise_error_of_a_past_life(void **state)
{
    (void)state;
    start_program(&driver);
    EXPECT(thread_suspend, driver.thread_index);
    driver.thread->imprecise = true; /* as the world switch notes it */
    EXPECT(thread_start, driver.thread_index, 0x1000, 0, 0);
    assert_false(driver.thread->imprecise);
    check_invariants();
}

static void virtual_interrupts_twice(void **state)
{
    struct vcpu *vcpu = guest->vcpu;
    uint64_t answer = 0;

    (void)state;
    EXPECT(thread_set_virtual_interrupt, vcpu_index, VIRTUAL_TIMER_INTERRUPT, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
    vcpu->arch.timer_asserted = true;
    vcpu_timer_fired(vcpu);
    vcpu_timer_fired(vcpu);
    assert_int_equal(__builtin_popcount(vcpu->listed), 1);
    vcpu_maintenance(vcpu);
    vcpu_maintenance(vcpu);
    assert_int_equal(__builtin_popcount(vcpu->listed), 1);
    EXPECT(thread_get_virtual_interrupt, vcpu_index, VIRTUAL_TIMER_INTERRUPT);
    answer = result(root_thread(), 0);
    assert_true((answer & QUOLL_VIRQ_PENDING) != 0 && (answer & QUOLL_VIRQ_ACTIVE) == 0);
    /* One that comes when the guest has moved its timer is none. */
    vcpu->arch.timer_asserted = false;
    vcpu_timer_fired(vcpu);
    virtual_interrupt_timer_check(vcpu);
    assert_false(vcpu->interrupts[VIRTUAL_TIMER_INTERRUPT].line);
    assert_false(vcpu->arch.timer_held);
    check_invariants();
}

int test_events(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(interrupt_comes_twice, start, machine_stop),
        cmocka_unit_test_setup_teardown(interrupt_is_lost, start, machine_stop),
        cmocka_unit_test_setup_teardown(interrupt_of_nobody, start, machine_stop),
        cmocka_unit_test_setup_teardown(timer_comes_late_and_twice, start, machine_stop),
        cmocka_unit_test_setup_teardown(line_overtakes_timer, start, machine_stop),
        cmocka_unit_test_setup_teardown(line_overtakes_choice, start, machine_stop),
        cmocka_unit_test_setup_teardown(line_overtakes_who_waits, start, machine_stop),
        cmocka_unit_test_setup_teardown(line_overtakes_what_is_due, start, machine_stop),
        cmocka_unit_test_setup_teardown(line_comes_after_choice, start, machine_stop),
        cmocka_unit_test_setup_teardown(late_timer_gives_no_time, start, machine_stop),
        cmocka_unit_test_setup_teardown(imprecise_error_of_a_server, start, machine_stop),
        cmocka_unit_test_setup_teardown(imprecise_error_of_a_guest, start, machine_stop),
        cmocka_unit_test_setup_teardown(imprecise_error_of_a_past_life, start, machine_stop),
        cmocka_unit_test_setup_teardown(virtual_interrupts_twice, start, machine_stop),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
