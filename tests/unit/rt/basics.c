/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Messages as registers, signs of life, time.
 */
#include <string.h>

#include "abi/plan.h"
#include "fake.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"

static void calls_carry_capabilities(void **state)
{
    struct quoll_message message = {.word = {1, 2, 3, 4, 5, 6, 7, 8}};

    (void)state;
    assert_int_equal(quoll_call_send(20, &message, 30, QUOLL_RIGHT_READ, 40), QUOLL_OK);
    assert_int_equal(message.capability, 40);
    assert_int_equal(message.word[7], 8);
    assert_int_equal(fake.last.x8, 20);
    assert_true(fake.last.x9 == (QUOLL_CALL_portal_call | QUOLL_FLAG_SEND | QUOLL_FLAG_RECEIVE));
    assert_true(fake.last.x10 == (30 | (uint64_t)QUOLL_RIGHT_READ << 32));
    assert_int_equal(fake.last.x11, 40);
    assert_int_equal(quoll_call(20, &message), QUOLL_OK);
    assert_int_equal(message.capability, 0);
    assert_int_equal(fake.last.x9, QUOLL_CALL_portal_call);
}

static void waits_say_what_came(void **state)
{
    struct step script[] = {
        {.x8 = (uint64_t)QUOLL_KIND_MESSAGE << 56 | QUOLL_X8_CAPABILITY | 0x123456, .words = {9}},
        {.x8 = (uint64_t)QUOLL_KIND_STATUS << 56 | QUOLL_TIMEOUT},
    };
    struct quoll_message message = {.word = {1}};
    struct quoll_wait wait = {.capability = 3, .rights = 4, .receive = 5, .deadline = 6};

    (void)state;
    fake.script = script;
    fake.steps = 2;
    assert_int_equal(quoll_reply_wait(&message, &wait), QUOLL_KIND_MESSAGE);
    assert_int_equal(message.label, 0x123456);
    assert_int_equal(message.word[0], 9);
    assert_int_equal(message.capability, 5);
    assert_true(script[0].given.x9 ==
                (QUOLL_CALL_self_reply_wait | QUOLL_FLAG_SEND | QUOLL_FLAG_RECEIVE | QUOLL_FLAG_DEADLINE));
    assert_int_equal(script[0].given.x12, 6);
    wait = (struct quoll_wait){.no_reply = true, .deadline = QUOLL_FOREVER};
    assert_int_equal(quoll_reply_wait(&message, &wait), QUOLL_KIND_STATUS);
    assert_int_equal(message.error, QUOLL_TIMEOUT);
    assert_true(script[1].given.x9 == (QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY));
}

static void signs_of_life_are_signals(void **state)
{
    (void)state;
    watchdog_kick();
    assert_int_equal(fake.signals, 1);
    assert_true(fake.last.word[0] == UINT64_MAX);
}

int test_messages(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(calls_carry_capabilities, fake_setup),
        cmocka_unit_test_setup(waits_say_what_came, fake_setup),
        cmocka_unit_test_setup(signs_of_life_are_signals, fake_setup),
    };

    return cmocka_run_group_tests_name("rt: messages", tests, NULL, NULL);
}

static void time_converts(void **state)
{
    (void)state;
    assert_int_equal(time_ns_to_ticks(1000000), 62500);
    assert_int_equal(time_ticks_to_ns(62500), 1000000);
    assert_int_equal(time_ticks_to_ns(1), 16);
    fake.frequency = 19200000;
    assert_int_equal(time_ns_to_ticks(UINT64_C(1000000000) * 86400 * 365), UINT64_C(19200000) * 86400 * 365);
    assert_int_equal(time_ticks_to_ns(UINT64_C(19200000) * 86400 * 365), UINT64_C(1000000000) * 86400 * 365);
    fake.frequency = 1000000000;
    fake.now = 77;
    assert_int_equal(time_ns(), 77);
}

static void sleep_keeps_flags(void **state)
{
    (void)state;
    fake.flags = 5;
    time_sleep_until(5000);
    assert_true(fake.now >= 5000);
    assert_int_equal(component_take_flags(), 5);
    assert_int_equal(component_take_flags(), 0);
}

static void sleep_until_the_past_is_none(void **state)
{
    (void)state;
    fake.flags = 5;
    time_sleep_until(500);
    assert_int_equal(fake.flags, 5);
}

int test_time(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(time_converts, fake_setup),
        cmocka_unit_test_setup(sleep_keeps_flags, fake_setup),
        cmocka_unit_test_setup(sleep_until_the_past_is_none, fake_setup),
    };

    return cmocka_run_group_tests_name("rt: time", tests, NULL, NULL);
}
