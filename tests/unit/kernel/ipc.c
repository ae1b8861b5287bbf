/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls between threads: words, labels and capabilities, whose time runs whom, queues, chains and their limits.
 */
#include "machine.h"

enum { PORTAL = OWN_FIRST, PERIOD = 1000000, TIME = 50000 };

static unsigned pool;
static struct program server, low, middle, high;

/* A passive server that no one has called yet, and three clients asleep; root rests. */
static int start(void **state)
{
    machine_start(state);
    pool = make_pool(UINT64_C(4) << 20);
    server = make_program(pool, 5, 0, 0);
    low = make_program(pool, 10, TIME, PERIOD);
    middle = make_program(pool, 20, TIME, PERIOD);
    high = make_program(pool, 30, TIME, PERIOD);
    (void)connect(&low, PORTAL, &server, 101);
    (void)connect(&middle, PORTAL, &server, 102);
    (void)connect(&high, PORTAL, &server, 103);
    start_program(&server);
    start_program(&low);
    start_program(&middle);
    start_program(&high);
    root_rest();
    sleep_now(&high);
    sleep_now(&middle);
    assert_current(low);
    return 0;
}

/* What the current thread sees of a message. */
static void assert_message(uint64_t label, uint64_t word)
{
    uint64_t x8 = result(core->current, 8);

    assert_int_equal(QUOLL_X8_KIND(x8), QUOLL_KIND_MESSAGE);
    assert_int_equal(QUOLL_X8_LABEL(x8), label);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(result(core->current, i), word + i);
    for (unsigned i = 9; i <= 18; i++)
        assert_int_equal(result(core->current, i), 0);
}

/* A passive server's first steps are on its first caller's time. */
static void serve_first(uint64_t label, uint64_t word)
{
    assert_current(server);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    assert_current(server);
    assert_message(label, word);
}

static void call_and_reply(void **state)
{
    uint64_t kept = 0x1234567;

    (void)state;
    for (unsigned i = 19; i < 31; i++)
        *thread_word(low.thread, i) = kept + i;
    (void)portal_call_now(PORTAL, 40, 0, 0, 0);
    serve_first(101, 40);
    assert_int_equal(low.thread->state, THREAD_CALLING);
    (void)reply_wait_now(90, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 8), QUOLL_OK);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(result(low.thread, i), 90 + i);
    for (unsigned i = 9; i <= 18; i++)
        assert_int_equal(result(low.thread, i), 0);
    for (unsigned i = 19; i < 31; i++)
        assert_int_equal(result(low.thread, i), kept + i);
    assert_int_equal(server.thread->state, THREAD_WAITING);

    /* The second time the server waits already. */
    (void)portal_call_now(PORTAL, 50, 0, 0, 0);
    assert_current(server);
    assert_message(101, 50);
    (void)reply_wait_now(1, 0, 0, 0, 0);
    assert_current(low);
}

static void server_runs_on_the_callers_time(void **state)
{
    uint64_t used = low.thread->budget->used;

    (void)state;
    (void)portal_call_now(PORTAL, 0, 0, 0, 0);
    serve_first(101, 0);
    assert_ptr_equal(core->payer, low.thread);
    advance(1000);
    assert_current(server);
    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_current(low);
    sleep_now(&low);
    assert_int_equal(low.thread->budget->used - used, 1000);
    assert_null(server.thread->budget);
}

/* The caller's priority runs the server: a middle one that wakes waits for it only when it is lower. */
static void priority_is_inherited(void **state)
{
    (void)state;
    wake(&high);
    assert_current(high);
    (void)portal_call_now(PORTAL, 0, 0, 0, 0);
    serve_first(103, 0);
    wake(&middle);
    assert_current(server);
    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_current(high);
    sleep_now(&high);
    assert_current(middle);
}

static void callers_queue_by_priority(void **state)
{
    (void)state;
    (void)portal_call_now(PORTAL, 10, 0, 0, 0);
    serve_first(101, 10);
    wake(&middle);
    assert_current(middle);
    (void)portal_call_now(PORTAL, 20, 0, 0, 0);
    /* It lends its priority to the server that it waits for. */
    assert_int_equal(middle.thread->state, THREAD_QUEUED);
    assert_current(server);
    assert_ptr_equal(core->payer, middle.thread);
    wake(&high);
    assert_current(high);
    (void)portal_call_now(PORTAL, 30, 0, 0, 0);
    assert_current(server);
    assert_ptr_equal(core->payer, high.thread);

    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_current(server);
    assert_message(103, 30);
    assert_ptr_equal(core->payer, high.thread);
    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_current(high);
    sleep_now(&high);
    /* Meanwhile the server took the next: the highest owner is the middle one, which it now serves. */
    assert_current(server);
    assert_message(102, 20);
    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_current(middle);
    sleep_now(&middle);
    assert_current(low);
}

/* A client that waits in a queue moves up in it when somebody important waits for it. */
static void inheritance_goes_along_chains(void **state)
{
    struct program between;

    (void)state;
    root_run();
    between = make_program(pool, 6, 0, 0);
    (void)connect(&between, PORTAL, &server, 200);
    (void)connect(&low, PORTAL + 1, &between, 201);
    (void)connect(&high, PORTAL + 1, &between, 203);
    start_program(&between);
    root_rest();

    /* The server is busy with `middle`; low's server `between` is queued at it behind nobody, then high comes. */
    wake(&middle);
    (void)portal_call_now(PORTAL, 0, 0, 0, 0);
    serve_first(102, 0);
    assert_int_equal(server.thread->state, THREAD_READY);
    advance(TIME);
    assert_current(low);
    (void)portal_call_now(PORTAL + 1, 0, 0, 0, 0);
    assert_current(between);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
    (void)portal_call_now(PORTAL, 7, 0, 0, 0);
    assert_int_equal(between.thread->state, THREAD_QUEUED);
    assert_current(server);
    uint64_t key = between.thread->in_callers.key;
    wake(&high);
    assert_current(high);
    (void)portal_call_now(PORTAL + 1, 0, 0, 0, 0);
    assert_int_equal(high.thread->state, THREAD_QUEUED);
    assert_current(server);
    assert_ptr_equal(core->payer, high.thread);
    assert_true(between.thread->in_callers.key < key);
}

static void deadlock(void **state)
{
    (void)state;
    root_run();
    (void)connect(&server, PORTAL, &low, 300);
    (void)connect(&low, PORTAL + 1, &low, 301);
    root_rest();
    assert_current(low);
    assert_int_equal(portal_call_now(PORTAL + 1, 0, 0, 0, 0), QUOLL_DEADLOCK);
    assert_current(low);
    (void)portal_call_now(PORTAL, 0, 0, 0, 0);
    serve_first(101, 0);
    assert_int_equal(portal_call_now(PORTAL, 0, 0, 0, 0), QUOLL_DEADLOCK);
    assert_current(server);
    /* Nothing has changed: the call that it is at ends well. */
    (void)reply_wait_now(5, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 0), 5);
}

/* Links of a chain count whether it grows at its end or at its start. */
static void too_deep(void **state)
{
    struct program chain[CHAIN_MAX + 1];

    (void)state;
    root_run();
    for (unsigned i = 0; i <= CHAIN_MAX; i++) {
        chain[i] = make_program(pool, 5, 0, 0);
        (void)connect(i == 0 ? &low : &chain[i - 1], PORTAL + 1, &chain[i], i);
        start_program(&chain[i]);
    }
    (void)connect(&high, PORTAL + 1, &low, 400);
    root_rest();
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        (void)portal_call_now(PORTAL + 1, 0, 0, 0, 0);
        assert_current(chain[i]);
        (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
        assert_current(chain[i]);
    }
    assert_int_equal(portal_call_now(PORTAL + 1, 0, 0, 0, 0), QUOLL_TOO_DEEP);
    assert_current(chain[CHAIN_MAX - 1]);
    wake(&high);
    assert_current(high);
    assert_int_equal(portal_call_now(PORTAL + 1, 0, 0, 0, 0), QUOLL_TOO_DEEP);
    sleep_now(&high);
    /* One reply, and there is a link to spare. */
    (void)reply_wait_now(0, 0, 0, 0, 0);
    assert_current(chain[CHAIN_MAX - 2]);
    (void)portal_call_now(PORTAL + 1, 0, 0, 0, 0);
    assert_current(chain[CHAIN_MAX - 1]);
    for (unsigned i = CHAIN_MAX; i-- > 0;) {
        assert_current(chain[i]);
        (void)reply_wait_now(0, 0, 0, 0, 0);
    }
    assert_current(low);
    assert_int_equal(result(low.thread, 8), QUOLL_OK);
}

static void capabilities_travel(void **state)
{
    const struct domain *servers = server.thread->domain;
    const struct domain *clients = low.thread->domain;
    uint64_t send = OWN_NOTIFICATION | (uint64_t)QUOLL_RIGHT_SIGNAL << 32;

    (void)state;
    (void)portal_call_now(PORTAL, 0, QUOLL_FLAG_SEND | QUOLL_FLAG_RECEIVE, send, 40);
    assert_current(server);
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY | QUOLL_FLAG_RECEIVE, 0, 30, 0);
    assert_true((result(server.thread, 8) & QUOLL_X8_CAPABILITY) != 0);
    assert_int_equal(QUOLL_X8_LABEL(result(server.thread, 8)), 101);
    assert_ptr_equal(servers->capabilities[30].object, clients->capabilities[OWN_NOTIFICATION].object);
    assert_int_equal(servers->capabilities[30].rights, QUOLL_RIGHT_SIGNAL);

    /* And one comes back with the reply. */
    (void)reply_wait_now(0, QUOLL_FLAG_SEND, 30 | (uint64_t)QUOLL_RIGHTS_ALL << 32, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 8), QUOLL_OK | QUOLL_X8_CAPABILITY);
    assert_int_equal(clients->capabilities[40].rights, QUOLL_RIGHT_SIGNAL);

    /* A server that offers no index gets none, and the call goes on. */
    (void)portal_call_now(PORTAL, 0, QUOLL_FLAG_SEND, send, 0);
    assert_current(server);
    assert_int_equal(result(server.thread, 8) & QUOLL_X8_CAPABILITY, 0);
    /* Nor does a caller. */
    (void)reply_wait_now(0, QUOLL_FLAG_SEND, 30 | (uint64_t)QUOLL_RIGHTS_ALL << 32, 0, 0);
    assert_int_equal(result(low.thread, 8), QUOLL_OK);
}

static void transfers_refuse(void **state)
{
    (void)state;
    assert_int_equal(portal_call_now(PORTAL, 0, QUOLL_FLAG_SEND, 50, 0), QUOLL_BAD_CAPABILITY);
    assert_int_equal(portal_call_now(PORTAL, 0, QUOLL_FLAG_SEND, PROGRAM_CAPABILITIES, 0), QUOLL_BAD_CAPABILITY);
    assert_int_equal(portal_call_now(PORTAL, 0, QUOLL_FLAG_RECEIVE, 0, PORTAL), QUOLL_SLOT_TAKEN);
    assert_int_equal(portal_call_now(PORTAL, 0, QUOLL_FLAG_RECEIVE, 0, PROGRAM_CAPABILITIES), QUOLL_BAD_CAPABILITY);
    /* x11 is an index, all of it. */
    assert_int_equal(portal_call_now(PORTAL, 0, QUOLL_FLAG_RECEIVE, 0, (UINT64_C(1) << 32) + 40), QUOLL_BAD_CAPABILITY);
    assert_int_equal(portal_call_now(PORTAL, 0, QUOLL_FLAG_RECEIVE, 0, UINT64_C(1) << 32), QUOLL_BAD_CAPABILITY);
    assert_current(low);
    (void)portal_call_now(PORTAL, 3, 0, 0, 0);
    serve_first(101, 3);
    /* The reply is checked before it goes out: the caller still waits. */
    assert_int_equal(reply_wait_now(0, QUOLL_FLAG_SEND, 50, 0, 0), QUOLL_BAD_CAPABILITY);
    assert_int_equal(reply_wait_now(0, QUOLL_FLAG_RECEIVE, 0, PROGRAM_CAPABILITIES, 0), QUOLL_BAD_CAPABILITY);
    assert_int_equal(reply_wait_now(0, QUOLL_FLAG_RECEIVE, 0, (UINT64_C(1) << 32) + 40, 0), QUOLL_BAD_CAPABILITY);
    assert_int_equal(reply_wait_now(0, QUOLL_FLAG_DEADLINE, 0, 0, 0), QUOLL_NO_BUDGET);
    assert_current(server);
    assert_int_equal(low.thread->state, THREAD_CALLING);
    (void)reply_wait_now(8, 0, 0, 0, 0);
    assert_current(low);
    assert_int_equal(result(low.thread, 0), 8);
}

static void portal_refuses(void **state)
{
    struct program never = {0};
    unsigned portal = 0;

    (void)state;
    root_run();
    never = make_program(pool, 5, 0, 0);
    portal = connect(&low, PORTAL + 1, &never, 1);
    REFUSE(BAD_ARGUMENT, pool_create_portal, pool, fresh(), never.thread_index, QUOLL_LABEL_MAX + 1);
    REFUSE(SLOT_TAKEN, pool_create_portal, pool, pool, never.thread_index, 0);
    REFUSE(BAD_ARGUMENT, pool_create_thread, pool, fresh(), never.domain, 1, 1);
    REFUSE(BAD_ARGUMENT, pool_create_thread, pool, fresh(), never.domain, UINT64_MAX, 1);
    REFUSE(BAD_ARGUMENT, pool_create_thread, pool, fresh(), never.domain, 0, QUOLL_PRIORITY_COUNT);
    unsigned vm = make_domain(pool, QUOLL_DOMAIN_VM);
    REFUSE(BAD_ARGUMENT, pool_create_thread, pool, fresh(), vm, 0, 1);
    root_rest();
    assert_int_equal(portal_call_now(PORTAL + 1, 0, 0, 0, 0), QUOLL_PEER_DEAD);
    root_run();
    EXPECT(any_destroy, never.thread_index);
    root_rest();
    assert_int_equal(portal_call_now(PORTAL + 1, 0, 0, 0, 0), QUOLL_PEER_DEAD);
    root_run();
    EXPECT(any_destroy, portal);
    root_rest();
    assert_int_equal(portal_call_now(PORTAL + 1, 0, 0, 0, 0), QUOLL_BAD_CAPABILITY);
}

static void no_caller(void **state)
{
    (void)state;
    (void)reply_wait_now(0, QUOLL_FLAG_DEADLINE, 0, 0, host.counter + 100);
    assert_null(core->current);
    assert_int_equal(low.thread->state, THREAD_WAITING);
    wake(&low);
    assert_current(low);
    uint64_t x8 = result(low.thread, 8);
    assert_int_equal(QUOLL_X8_KIND(x8), QUOLL_KIND_NOTIFICATION);
    assert_true((x8 & QUOLL_X8_NO_CALLER) != 0);
    /* With the flag that says so, it is no surprise. */
    assert_int_equal(reply_wait_now(0, QUOLL_FLAG_DEADLINE | QUOLL_FLAG_NO_REPLY, 0, 0, host.counter), QUOLL_TIMEOUT);
    assert_int_equal(result(low.thread, 8), QUOLL_TIMEOUT);
}

static void reply_wait_has_a_deadline(void **state)
{
    (void)state;
    (void)reply_wait_now(0, QUOLL_FLAG_DEADLINE | QUOLL_FLAG_NO_REPLY, 0, 0, host.counter + 100);
    assert_null(core->current);
    advance(99);
    assert_null(core->current);
    advance(1);
    assert_current(low);
    assert_int_equal(result(low.thread, 8), QUOLL_TIMEOUT);
}

/* Pending flags first, then one caller, in turn: neither starves the other. */
static void flags_and_callers_alternate(void **state)
{
    struct program owner;
    bool flags_next = true;

    (void)state;
    root_run();
    owner = make_program(pool, 15, TIME, PERIOD);
    (void)connect(&high, PORTAL + 1, &owner, 500);
    start_program(&owner);
    root_rest();
    assert_current(owner);
    for (unsigned i = 0; i < 6; i++) {
        wake(&owner); /* a flag, while it runs */
        if (high.thread->state == THREAD_NOTIFICATION) {
            wake(&high);
            assert_current(high);
            (void)portal_call_now(PORTAL + 1, 0, 0, 0, 0);
            assert_current(owner);
        }
        (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY, 0, 0, 0);
        if (core->current == high.thread) {
            sleep_now(&high);
        }
        assert_current(owner);
        assert_int_equal(QUOLL_X8_KIND(result(owner.thread, 8)),
                         flags_next ? QUOLL_KIND_NOTIFICATION : QUOLL_KIND_MESSAGE);
        flags_next = !flags_next;
    }
}

static void suspended_in_a_wait(void **state)
{
    (void)state;
    (void)portal_call_now(PORTAL, 1, 0, 0, 0);
    serve_first(101, 1);
    (void)reply_wait_now(0, 0, 0, 0, 0);
    root_run();
    EXPECT(thread_suspend, server.thread_index);
    root_rest();
    (void)portal_call_now(PORTAL, 2, 0, 0, 0);
    assert_int_equal(low.thread->state, THREAD_QUEUED);
    assert_null(core->current);
    root_run();
    EXPECT(thread_resume, server.thread_index);
    root_rest();
    assert_current(server);
    assert_message(101, 2);
}

/* Whoever stalled behind a server that can go on may be many: who comes before them all does not wait for that. */
static void urgent_before_the_revived(void **state)
{
    (void)state;
    (void)portal_call_now(PORTAL, 1, 0, 0, 0);
    serve_first(101, 1);
    root_run();
    EXPECT(thread_suspend, server.thread_index);
    root_rest();
    assert_null(core->current);
    assert_int_equal(low.thread->place, PLACE_STALLED);
    wake(&high);
    root_run();
    EXPECT(thread_resume, server.thread_index);
    root_rest();
    assert_current(high);
    assert_int_equal(low.thread->place, PLACE_STALLED);
    /* Nor does anything else have to be chosen again for their sake. */
    assert_false(core->reschedule);
    sleep_now(&high);
    assert_current(server);
    assert_int_equal(low.thread->place, PLACE_READY);
    assert_true(list_empty(&core->revived));
}

int test_ipc(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(call_and_reply, start, machine_stop),
        cmocka_unit_test_setup_teardown(server_runs_on_the_callers_time, start, machine_stop),
        cmocka_unit_test_setup_teardown(priority_is_inherited, start, machine_stop),
        cmocka_unit_test_setup_teardown(callers_queue_by_priority, start, machine_stop),
        cmocka_unit_test_setup_teardown(inheritance_goes_along_chains, start, machine_stop),
        cmocka_unit_test_setup_teardown(deadlock, start, machine_stop),
        cmocka_unit_test_setup_teardown(too_deep, start, machine_stop),
        cmocka_unit_test_setup_teardown(capabilities_travel, start, machine_stop),
        cmocka_unit_test_setup_teardown(transfers_refuse, start, machine_stop),
        cmocka_unit_test_setup_teardown(portal_refuses, start, machine_stop),
        cmocka_unit_test_setup_teardown(no_caller, start, machine_stop),
        cmocka_unit_test_setup_teardown(reply_wait_has_a_deadline, start, machine_stop),
        cmocka_unit_test_setup_teardown(flags_and_callers_alternate, start, machine_stop),
        cmocka_unit_test_setup_teardown(suspended_in_a_wait, start, machine_stop),
        cmocka_unit_test_setup_teardown(urgent_before_the_revived, start, machine_stop),
    };
    return cmocka_run_group_tests_name("ipc", tests, NULL, NULL);
}
