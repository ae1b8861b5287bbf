/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole systems: built, faulted, watched, stopped, and every kernel call refused once.
 */
#include <string.h>

#include "fake.h"
#include "rt/start.h"

static void start(void)
{
    build_split_plan();
    build_system();
    supervise_start_all();
}

static uint64_t ask(uint64_t label, uint64_t operation, uint64_t argument, struct quoll_message *message)
{
    *message = (struct quoll_message){.word = {operation, argument}, .label = label};
    requests_answer(message);
    return message->word[0];
}

static void builds_everything(void **state)
{
    (void)state;
    start();
    assert_int_equal(fake.starts, 2);
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_RUNNING);
    assert_int_equal(root.component[CLIENT].state, ROOT_STATE_RUNNING);
    assert_int_equal(fake.mints, 9);
    for (uint32_t i = 0; i < O_COUNT; i++)
        assert_true(root.object_made[i]);
    assert_int_equal(root.memory[O_CLIENT_MEMORY].base % 0x200000, 0);
    assert_int_equal(fake.unmaps, 1);                     /* of the plan, which was split around code and module */
    assert_int_equal(fake.trace_mapped, FAKE_TRACE_SIZE); /* as large as the kernel's, not as the plan has room for */
}

/* What nobody writes takes no RAM beside the plan's. */
static void runs_code_where_it_lies(void **state)
{
    const uint64_t data = 8192;

    (void)state;
    start();
    assert_int_equal(fake.code_made, root.plan.component[SERVER].code_size);
    assert_int_equal(fake.code_mapped, fake.code_made);
    assert_int_equal(root.component[SERVER].image.size, data + sizeof(fake_stack));
}

/* A system with a reader of the trace runs on a kernel that keeps none; the reader finds nothing. */
static void does_without_a_trace(void **state)
{
    (void)state;
    fake.without_trace = true;
    start();
    assert_int_equal(root.component[CLIENT].state, ROOT_STATE_RUNNING);
    assert_false(root.object_made[O_TRACE]);
    assert_int_equal(fake.mints, 8);
    assert_int_equal(fake.trace_mapped, 0);
    assert_non_null(strstr(fake_log(), "system: trace '"));
}

static void gives_everything_back(void **state)
{
    uint64_t free_before = 0;
    unsigned slots_before = 0;

    (void)state;
    build_split_plan();
    build_system();
    free_before = root.ram.free;
    slots_before = fake.slots;
    supervise_start_all();
    build_destroy(CLIENT);
    build_destroy(SERVER);
    assert_int_equal(root.ram.free, free_before);
    assert_int_equal(fake.slots, slots_before);
}

/* Whatever fails, root goes on, and what is not there holds no memory. */
static void survives_every_refusal(void **state)
{
    for (int i = 0;; i++) {
        uint64_t used = 0;

        fake_teardown(state);
        fake_setup(state);
        fake.fail_at = i;
        fake.fail_with = QUOLL_NO_MEMORY;
        start();
        (void)supervise_work();
        if (fake.calls <= i)
            break;
        fake.fail_at = -1;
        for (uint32_t c = 0; c < 2; c++) {
            if (root.component[c].state == ROOT_STATE_RUNNING)
                build_destroy(c);
            used += root.component[c].pool.size + root.component[c].image.size;
        }
        used += root.memory[O_SHARED].size + root.memory[O_CLIENT_MEMORY].size;
        assert_int_equal(used + root.ram.free, root.ram.total);
        assert_int_equal(used - root.memory[O_SHARED].size, 0);
    }
}

static void makes_a_faulted_component_again(void **state)
{
    (void)state;
    start();
    fake.now += 1000;
    fake.faults = 1;
    fake.fault = (struct fault){SERVER, QUOLL_FAULT_WRITE, 0x400024, 8, 0x92000046};
    fake.registers[29] = 0x10000010;
    fake.registers[QUOLL_REGISTER_PC] = 0x400024;
    fake_stack[2] = 0, fake_stack[3] = 0x400010;
    supervise_flags(ROOT_FLAG_FAULT);
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_WAITING);
    assert_non_null(strstr(fake_log(), "server: fault: write to an address that it may not write"));
    assert_non_null(strstr(fake_log(), "at 0x400024 (main+0x4), address 0x8"));
    assert_non_null(strstr(fake_log(), "#1  0x400010 _start+0xc"));
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_RUNNING);
    assert_int_equal(root.component[SERVER].restarts, 1);
    assert_int_equal(fake.raised[CLIENT], UINT64_C(1) << 63);
    assert_int_equal(fake.raised[SERVER], 0);
    assert_int_equal(fake.lowest, 100); /* the server's priority, while it was remade */
    assert_int_equal(fake.priority, 255);
}

static void fault(uint32_t component)
{
    fake.faults = 1;
    fake.fault = (struct fault){component, QUOLL_FAULT_READ, 0x400024, 8, 0};
    supervise_flags(ROOT_FLAG_FAULT);
}

static void gives_up_on_what_dies_at_once(void **state)
{
    unsigned deaths = 0;

    (void)state;
    start();
    while (root.component[SERVER].state != ROOT_STATE_FAILED && deaths < 20) {
        fault(SERVER);
        deaths++;
        uint64_t next = supervise_work();

        if (root.component[SERVER].state == ROOT_STATE_WAITING) {
            assert_true(next <= root.component[SERVER].due);
            fake.now = root.component[SERVER].due;
            (void)supervise_work();
        }
    }
    assert_int_equal(deaths, 9);
    assert_non_null(strstr(fake_log(), "server: left stopped"));
    assert_int_equal(root.component[SERVER].pool.size, 0);
}

static void forgets_deaths_of_long_ago(void **state)
{
    (void)state;
    start();
    for (unsigned i = 0; i < 12; i++) {
        fake.now += UINT64_C(11) * 1000000000;
        fault(SERVER);
        (void)supervise_work();
        assert_int_equal(root.component[SERVER].state, ROOT_STATE_RUNNING);
    }
}

static void ignores_records_of_nobody(void **state)
{
    (void)state;
    start();
    fault(77);
    build_destroy(SERVER);
    root.component[SERVER].state = ROOT_STATE_STOPPED;
    fault(SERVER);
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_STOPPED);
}

static void watches(void **state)
{
    (void)state;
    start();
    assert_int_equal(supervise_work(), fake.now + 1000000);
    fake.now += 999999;
    supervise_flags(UINT64_C(1) << SERVER);
    fake.now += 2;
    supervise_watchdogs();
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_RUNNING);
    assert_int_equal(root.component[CLIENT].state, ROOT_STATE_WAITING);
    assert_non_null(strstr(fake_log(), "client: gave no sign of life for 1 ms"));
    (void)supervise_work();
    assert_int_equal(root.component[CLIENT].state, ROOT_STATE_RUNNING);
}

static void obeys_only_who_may(void **state)
{
    struct quoll_message message;

    (void)state;
    start();
    for (uint64_t operation = ROOT_LOG_READ; operation <= ROOT_THREAD; operation++)
        assert_int_equal(ask(SERVER, operation, 0, &message), QUOLL_NO_RIGHT);
    assert_int_equal(ask(77, ROOT_EXIT, 0, &message), QUOLL_BAD_ARGUMENT);
    assert_int_equal(ask(CLIENT | ROOT_LABEL_CONTROL, 99, 0, &message), QUOLL_BAD_CALL);
    assert_int_equal(ask(CLIENT | ROOT_LABEL_CONTROL, ROOT_STATE, 2, &message), QUOLL_NOT_FOUND);
    assert_int_equal(ask(CLIENT | ROOT_LABEL_CONTROL, ROOT_START, SERVER, &message), QUOLL_BAD_STATE);
    assert_int_equal(ask(CLIENT | ROOT_LABEL_CONTROL, ROOT_POWER, 2, &message), QUOLL_BAD_ARGUMENT);
    assert_false(fake.powered_off);
    assert_int_equal(ask(CLIENT | ROOT_LABEL_CONTROL, ROOT_POWER, QUOLL_POWER_OFF, &message), QUOLL_BAD_STATE);
    assert_true(fake.powered_off);
}

/* Who has memory of another mapped and is busy is waited for before that goes, but not for ever. */
static void waits_for_who_has_memory_mapped(void **state)
{
    (void)state;
    start();
    fake.busy = 7;
    build_destroy(CLIENT);
    assert_int_equal(fake.busy, 0);
    assert_int_equal(fake.pauses, 7);
    assert_true(build_component(CLIENT));
    fake.busy = 1000;
    build_destroy(CLIENT);
    assert_int_equal(fake.pauses, 7 + 50);
    build_destroy(SERVER); /* nobody has its memory mapped */
    assert_int_equal(fake.pauses, 7 + 50);
}

/* Memory that a device of the server's may be writing to is nobody's but the client's, whenever it is made again. */
static void keeps_what_a_device_reaches(void **state)
{
    uint64_t base = 0, free_with_it = 0;

    (void)state;
    fake_reaches();
    start();
    base = root.memory[O_CLIENT_MEMORY].base;
    free_with_it = root.ram.free;
    for (unsigned i = 0; i < 3; i++) {
        build_destroy(CLIENT);
        assert_int_equal(root.memory[O_CLIENT_MEMORY].base, base);
        assert_false(root.object_made[O_CLIENT_MEMORY]);
        fake.fail_at = fake.calls + (int)i; /* the first tries fail somewhere */
        fake.fail_with = QUOLL_NO_MEMORY;
        (void)build_component(CLIENT);
        fake.fail_at = -1;
        assert_int_equal(root.memory[O_CLIENT_MEMORY].base, base);
    }
    build_destroy(CLIENT);
    assert_true(build_component(CLIENT));
    assert_int_equal(root.memory[O_CLIENT_MEMORY].base, base);
    assert_int_equal(root.ram.free, free_with_it);
}

static void stops_and_starts(void **state)
{
    const uint64_t label = CLIENT | ROOT_LABEL_CONTROL;
    struct quoll_message message;

    (void)state;
    start();
    assert_int_equal(ask(label, ROOT_STOP, SERVER, &message), QUOLL_OK);
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_RUNNING); /* answered first, done later */
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_STOPPED);
    assert_int_equal(ask(label, ROOT_STOP, SERVER, &message), QUOLL_BAD_STATE);
    assert_int_equal(ask(label, ROOT_RESTART, SERVER, &message), QUOLL_BAD_STATE);
    assert_int_equal(ask(label, ROOT_START, SERVER, &message), QUOLL_OK);
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_RUNNING);
    assert_int_equal(ask(SERVER, ROOT_RESTART_SELF, 0, &message), QUOLL_OK);
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_WAITING); /* counted and delayed as a death */
    assert_int_equal(root.component[SERVER].failures, 1);
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].restarts, 2);
    assert_int_equal(ask(SERVER, ROOT_EXIT, 3, &message), QUOLL_OK);
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_STOPPED);
    assert_non_null(strstr(fake_log(), "server: exit, status 3"));
    assert_int_equal(ask(SERVER, ROOT_STOP_SELF, 0, &message), QUOLL_BAD_STATE);
}

static void tells_what_it_knows(void **state)
{
    const uint64_t label = CLIENT | ROOT_LABEL_CONTROL;
    struct quoll_message message;

    (void)state;
    start();
    assert_int_equal(ask(label, ROOT_STATE, SERVER, &message), QUOLL_OK);
    assert_int_equal(message.word[1], ROOT_STATE_RUNNING);
    assert_int_equal(message.word[3], 1000000);
    assert_string_equal((const char *)&message.word[4], "server");
    assert_int_equal(ask(label, ROOT_MEMORY, 0, &message), QUOLL_OK);
    assert_int_equal(message.word[1], root.ram.free);
    assert_int_equal(message.word[2], FAKE_RAM);
    log_line("news");
    requests_announce_log();
    assert_int_equal(fake.raised[CLIENT], ROOT_NEWS_FLAG);
    assert_int_equal(ask(label, ROOT_LOG_READ, ROOT_LOG_NEXT, &message), QUOLL_OK);
    assert_int_equal(message.word[1], ROOT_LOG_BYTES);
    uint64_t second = message.word[2] + ROOT_LOG_BYTES;

    assert_int_equal(ask(label, ROOT_LOG_READ, ROOT_LOG_NEXT, &message), QUOLL_OK);
    assert_int_equal(message.word[2], second);
    fake.raised[CLIENT] = 0;
    requests_announce_log();
    assert_int_equal(fake.raised[CLIENT], 0);
}

/* The server, at priority 100, has memory of the client mapped, which is at 101. */
static void lets_peers_let_go(void **state)
{
    struct quoll_message message;

    (void)state;
    start();
    assert_int_equal(ask(CLIENT, ROOT_STOP_SELF, 0, &message), QUOLL_OK);
    (void)supervise_work();
    assert_int_equal(fake.suspends, 1);
    assert_true(fake.told_before == UINT64_C(1) << 63);
    assert_int_equal(fake.priority_then, 100);
    assert_int_equal(fake.priority, 255);
}

static void shows_further_threads(void **state)
{
    const uint64_t label = CLIENT | ROOT_LABEL_CONTROL;
    struct quoll_message message;
    uint32_t first = requests_receive_index();

    (void)state;
    start();
    assert_int_equal(ask(label, ROOT_THREAD, SERVER, &message), QUOLL_NOT_FOUND);
    assert_int_equal(ask(SERVER, ROOT_SHOW_THREAD, 0, &message), QUOLL_BAD_CAPABILITY); /* none came along */
    message = (struct quoll_message){.word = {ROOT_SHOW_THREAD}, .label = SERVER, .capability = first};
    assert_false(requests_answer(&message));
    assert_int_equal(message.word[0], QUOLL_OK);
    assert_int_not_equal(requests_receive_index(), first);
    assert_int_equal(ask(label, ROOT_THREAD, SERVER, &message), QUOLL_OK);
    assert_int_equal(message.word[1], QUOLL_THREAD_WFI);
    assert_int_equal(message.word[2], 20);
    assert_int_equal(message.word[3], 5000);
    fake.shown_status = QUOLL_BAD_CAPABILITY; /* it ended */
    assert_int_equal(ask(label, ROOT_THREAD, SERVER, &message), QUOLL_NOT_FOUND);
    assert_int_equal(fake.deletes, 0);
    message = (struct quoll_message){.word = {ROOT_SHOW_THREAD}, .label = SERVER, .capability = first + 1};
    assert_false(requests_answer(&message));
    assert_int_equal(fake.deletes, 1); /* the one before */
    assert_int_equal(requests_receive_index(), first);
    message = (struct quoll_message){.word = {ROOT_STATE}, .label = SERVER, .capability = first};
    requests_answer(&message);
    assert_int_equal(fake.deletes, 2); /* nobody asked for that one */
    build_destroy(SERVER);
    assert_int_equal(fake.deletes, 3);
}

static void reports_overruns_now_and_then(void **state)
{
    (void)state;
    start();
    fake.now += UINT64_C(2000000000);
    fake.overruns = 3;
    supervise_flags(ROOT_FLAG_OVERRUN);
    assert_non_null(strstr(fake_log(), "server: budget echo of 100 us in 1000 us ran out 3 times"));
    fake.overruns = 4;
    uint64_t end = log_end();

    supervise_flags(ROOT_FLAG_OVERRUN);
    assert_int_equal(log_end(), end); /* not so soon again */
    fake.overruns = 9;
    fake.now += UINT64_C(1000000000);
    supervise_flags(ROOT_FLAG_OVERRUN);
    assert_non_null(strstr(fake_log(), "ran out 6 times"));
    end = log_end();
    fake.now += UINT64_C(1000000000);
    supervise_flags(ROOT_FLAG_OVERRUN);
    assert_int_equal(log_end(), end);
}

static void makes_what_overran_again(void **state)
{
    (void)state;
    start();
    fake.now += UINT64_C(20000000000); /* it ran for long */
    fake.overruns = 1;
    supervise_flags(ROOT_FLAG_OVERRUN);
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].restarts, 0); /* its description says only `report` */
    ((struct plan_object *)&root.plan.object[O_SERVER_BUDGET])->c |= PLAN_BUDGET_RESTART;
    fake.now += UINT64_C(20000000000);
    fake.overruns = 2;
    supervise_flags(ROOT_FLAG_OVERRUN);
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].restarts, 1);
    assert_int_equal(root.component[CLIENT].restarts, 0);
    assert_int_equal(root.component[SERVER].failures, 1);
    assert_int_equal(root.component[SERVER].state, ROOT_STATE_RUNNING);
}

/* What is only reported was so a moment before. */
static void ends_what_overran_at_once(void **state)
{
    (void)state;
    start();
    fake.now += UINT64_C(60000000000);
    fake.overruns = 1;
    supervise_flags(ROOT_FLAG_OVERRUN);
    ((struct plan_object *)&root.plan.object[O_SERVER_BUDGET])->c |= PLAN_BUDGET_RESTART;
    fake.now += 1000;
    fake.overruns = 2;
    supervise_flags(ROOT_FLAG_OVERRUN);
    (void)supervise_work();
    assert_int_equal(root.component[SERVER].restarts, 1);
}

static uint64_t provoke(uint64_t label, uint64_t component, uint64_t death)
{
    struct quoll_message message = {.word = {ROOT_PROVOKE, component, death}, .label = label};

    requests_answer(&message);
    return message.word[0];
}

static void has_components_die(void **state)
{
    const uint64_t label = CLIENT | ROOT_LABEL_CONTROL;

    (void)state;
    start();
    assert_int_equal(provoke(CLIENT, SERVER, ROOT_DEATH_FAULT), QUOLL_NO_RIGHT);
    assert_int_equal(provoke(label, 2, ROOT_DEATH_FAULT), QUOLL_NOT_FOUND);
    assert_int_equal(provoke(label, SERVER, ROOT_DEATHS), QUOLL_BAD_ARGUMENT);
    assert_int_equal(fake.suspends, 0);
    assert_int_equal(provoke(label, SERVER, ROOT_DEATH_FAULT), QUOLL_OK);
    assert_int_equal(fake.suspends, 1);
    assert_int_equal(fake.starts, 3);
    assert_int_equal(fake.started_at, 0);
    assert_int_equal(provoke(label, SERVER, ROOT_DEATH_LOOP), QUOLL_OK);
    assert_int_equal(fake.started_at, 0x400000 + RUNTIME_LOOP_OFFSET);
    assert_int_equal(provoke(label, SERVER, ROOT_DEATH_SILENCE), QUOLL_OK);
    assert_int_equal(fake.starts, 4);
    assert_int_equal(fake.suspends, 3);
}

static void has_nobody_die_unnoticed(void **state)
{
    const uint64_t label = CLIENT | ROOT_LABEL_CONTROL;
    struct quoll_message message;

    (void)state;
    start();
    ((struct plan_component *)&root.plan.component[SERVER])->watchdog = 0;
    assert_int_equal(provoke(label, SERVER, ROOT_DEATH_SILENCE), QUOLL_BAD_STATE);
    assert_int_equal(provoke(label, SERVER, ROOT_DEATH_LOOP), QUOLL_BAD_STATE);
    ((struct plan_object *)&root.plan.object[O_SERVER_BUDGET])->c |= PLAN_BUDGET_RESTART;
    assert_int_equal(provoke(label, SERVER, ROOT_DEATH_LOOP), QUOLL_OK);
    assert_int_equal(provoke(label, SERVER, ROOT_DEATH_SILENCE), QUOLL_BAD_STATE);
    assert_int_equal(ask(label, ROOT_STOP, SERVER, &message), QUOLL_OK);
    (void)supervise_work();
    assert_int_equal(provoke(label, SERVER, ROOT_DEATH_FAULT), QUOLL_BAD_STATE);
}

#define SYSTEM_TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

int test_systems(void)
{
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(builds_everything),
        SYSTEM_TEST(runs_code_where_it_lies),
        SYSTEM_TEST(does_without_a_trace),
        SYSTEM_TEST(gives_everything_back),
        SYSTEM_TEST(survives_every_refusal),
        SYSTEM_TEST(makes_a_faulted_component_again),
        SYSTEM_TEST(gives_up_on_what_dies_at_once),
        SYSTEM_TEST(forgets_deaths_of_long_ago),
        SYSTEM_TEST(ignores_records_of_nobody),
        SYSTEM_TEST(watches),
        SYSTEM_TEST(obeys_only_who_may),
        SYSTEM_TEST(waits_for_who_has_memory_mapped),
        SYSTEM_TEST(keeps_what_a_device_reaches),
        SYSTEM_TEST(stops_and_starts),
        SYSTEM_TEST(tells_what_it_knows),
        SYSTEM_TEST(lets_peers_let_go),
        SYSTEM_TEST(shows_further_threads),
        SYSTEM_TEST(reports_overruns_now_and_then),
        SYSTEM_TEST(makes_what_overran_again),
        SYSTEM_TEST(ends_what_overran_at_once),
        SYSTEM_TEST(has_components_die),
        SYSTEM_TEST(has_nobody_die_unnoticed),
    };

    return cmocka_run_group_tests_name("root: systems", tests, NULL, NULL);
}
