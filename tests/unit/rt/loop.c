/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The event loop, driven by a script of what its waits return.
 */
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "rt/component.h"
#include "services/root/protocol.h"

#define MESSAGE(label) ((uint64_t)QUOLL_KIND_MESSAGE << 56 | (label))
#define NOTIFICATION   ((uint64_t)QUOLL_KIND_NOTIFICATION << 56)
#define TIMED_OUT      ((uint64_t)QUOLL_TIMEOUT)

static struct {
    unsigned starts, messages, notifications, deadlines;
    uint64_t label, flags;
    bool keep; /* component_message keeps flag 8, as if it had slept */
    bool give; /* and sends a capability back */
    uint64_t wait_until;
    bool leave; /* component_start calls component_exit */
    bool restart;
} seen;

void component_start(void)
{
    seen.starts++;
    if (seen.wait_until)
        component_wait_until(seen.wait_until);
    if (seen.leave)
        component_exit(9);
    if (seen.restart)
        component_restart();
}

void component_message(uint64_t label, struct quoll_message *message)
{
    seen.messages++;
    seen.label = label;
    message->word[0]++;
    if (seen.keep)
        component_keep_flags(8);
    if (seen.give)
        component_reply_capability(33, QUOLL_RIGHT_READ);
}

void component_notification(uint64_t flags)
{
    seen.notifications++;
    seen.flags |= flags;
}

void component_deadline(void)
{
    seen.deadlines++;
}

static void run(struct step *script, unsigned steps)
{
    fake.script = script;
    fake.steps = steps;
    fake.step = 0;
    component_wait_until(QUOLL_FOREVER);
    if (setjmp(fake.end) == 0)
        runtime_main();
}

static int fresh(void **state)
{
    memset(&seen, 0, sizeof(seen));
    return fake_setup(state);
}

static void messages_are_answered(void **state)
{
    struct step script[] = {
        {.x8 = MESSAGE(7), .words = {41}}, {.x8 = MESSAGE(8), .words = {1}}, {.x8 = TIMED_OUT}, {.x8 = TIMED_OUT}};

    (void)state;
    run(script, 4);
    assert_int_equal(seen.starts, 1);
    assert_int_equal(seen.messages, 2);
    assert_int_equal(seen.label, 8);
    assert_true(script[0].given.x9 & QUOLL_FLAG_NO_REPLY);
    assert_false(script[1].given.x9 & QUOLL_FLAG_NO_REPLY);
    assert_int_equal(script[1].given.word[0], 42);
    assert_int_equal(script[2].given.word[0], 2);
    assert_true(script[3].given.x9 & QUOLL_FLAG_NO_REPLY); /* answered once, not twice */
}

static void notifications_owe_no_answer(void **state)
{
    struct step script[] = {{.x8 = NOTIFICATION, .words = {6}},
                            {.x8 = NOTIFICATION, .words = {COMPONENT_FLAG_RESTARTED}},
                            {.x8 = TIMED_OUT}};

    (void)state;
    run(script, 3);
    assert_int_equal(seen.notifications, 2);
    assert_true(seen.flags == (6 | COMPONENT_FLAG_RESTARTED));
    assert_true(script[2].given.x9 & QUOLL_FLAG_NO_REPLY);
    assert_false(script[2].given.x9 & QUOLL_FLAG_DEADLINE);
}

static void kept_flags_come_after_the_answer(void **state)
{
    struct step script[] = {{.x8 = MESSAGE(1)}, {.x8 = TIMED_OUT}, {.x8 = TIMED_OUT}};

    (void)state;
    seen.keep = true;
    run(script, 3);
    assert_false(script[1].given.x9 & QUOLL_FLAG_NO_REPLY); /* the answer goes out ... */
    assert_true(script[1].given.x9 & QUOLL_FLAG_DEADLINE);  /* ... without blocking */
    assert_int_equal(script[1].given.x12, 0);
    assert_int_equal(seen.flags, 8);
    assert_false(script[2].given.x9 & QUOLL_FLAG_DEADLINE);
}

static void deadlines_come_once(void **state)
{
    struct step script[] = {{.x8 = NOTIFICATION, .words = {1}}, {.x8 = TIMED_OUT}, {.x8 = TIMED_OUT}};

    (void)state;
    seen.wait_until = 1001;
    run(script, 3);
    assert_true(script[0].given.x9 & QUOLL_FLAG_DEADLINE);
    assert_int_equal(script[0].given.x12, 1001);
    assert_int_equal(seen.deadlines, 1);
    assert_false(script[2].given.x9 & QUOLL_FLAG_DEADLINE);
}

static void replies_carry_capabilities_once(void **state)
{
    struct step script[] = {{.x8 = MESSAGE(1)}, {.x8 = NOTIFICATION, .words = {1}}, {.x8 = TIMED_OUT}};

    (void)state;
    seen.give = true;
    component_receive_at(50);
    run(script, 3);
    assert_int_equal(script[0].given.x11, 50);
    assert_true(script[1].given.x9 & QUOLL_FLAG_SEND);
    assert_true(script[1].given.x10 == (33 | (uint64_t)QUOLL_RIGHT_READ << 32));
    assert_false(script[2].given.x9 & QUOLL_FLAG_SEND);
    component_receive_at(0);
}

static void leaving_asks_root(void **state)
{
    struct step script[] = {{.x8 = TIMED_OUT}};

    (void)state;
    seen.leave = true;
    run(script, 1);
    assert_int_equal(fake.root_request, ROOT_EXIT);
    seen.leave = false;
    seen.restart = true;
    run(script, 1);
    assert_int_equal(fake.root_request, ROOT_RESTART_SELF);
}

int test_loop(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(messages_are_answered, fresh),
        cmocka_unit_test_setup(notifications_owe_no_answer, fresh),
        cmocka_unit_test_setup(kept_flags_come_after_the_answer, fresh),
        cmocka_unit_test_setup(deadlines_come_once, fresh),
        cmocka_unit_test_setup(replies_carry_capabilities_once, fresh),
        cmocka_unit_test_setup(leaving_asks_root, fresh),
    };

    return cmocka_run_group_tests_name("rt: loop", tests, NULL, NULL);
}
