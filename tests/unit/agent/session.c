/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A connection's bytes: messages in any pieces, several at once, too long ones, and answers taken slowly.
 */
#include "services/agent/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "portal.h"
#include "tests.h"

static struct session session;
static uint8_t heard[4096];
static size_t heard_size;

static int start(void **state)
{
    session_start(&session, AGENT_PORT_SSH, 3);
    heard_size = 0;
    return portal_start(state);
}

/* All that fits, then all that goes out in pieces of `piece`. */
static void say(const void *bytes, size_t size, size_t piece)
{
    size_t there = 0;
    uint8_t *room = session_room(&session, &there);

    assert_true(size <= there);
    memcpy(room, bytes, size);
    session_came(&session, size);
    while (session_step(&session, &behind.ssh)) {
        const uint8_t *out = session_waiting(&session, &there);

        while (there != 0) {
            size_t part = there < piece ? there : piece;

            assert_true(heard_size + part <= sizeof(heard));
            memcpy(heard + heard_size, out, part);
            heard_size += part;
            session_went(&session, part);
            out = session_waiting(&session, &there);
        }
    }
}

static const char LIST[] = "\0\0\0\1\x0b";
static const char UNKNOWN[] = "\0\0\0\3\x1b\1\2";
static const char REFUSED[] = "\0\0\0\1\5";

static void takes_any_pieces(void **state)
{
    size_t whole = 0;

    (void)state;
    say(LIST, 5, 1000);
    whole = heard_size;
    assert_true(whole > 100);
    for (unsigned i = 0; i < 5; i++)
        say(LIST + i, 1, 1);
    assert_int_equal(heard_size, 2 * whole);
    assert_memory_equal(heard, heard + whole, whole);
}

static void answers_in_order(void **state)
{
    uint8_t many[3 * 7 + 5];

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        memcpy(many + (size_t)7 * i, UNKNOWN, 7);
    memcpy(many + sizeof(many) - 5, LIST, 5);
    say(many, sizeof(many) - 1, 3);
    assert_int_equal(heard_size, 15);
    say(many + sizeof(many) - 1, 1, 3);
    assert_memory_equal(heard, REFUSED, 5);
    assert_memory_equal(heard + 10, REFUSED, 5);
    assert_int_equal(heard[15 + 4], 12);
    assert_false(session.ended);
}

static void waits_for_who_does_not_listen(void **state)
{
    size_t size = 0;
    uint8_t *room = session_room(&session, &size);

    (void)state;
    memcpy(room, UNKNOWN, 7);
    memcpy(room + 7, UNKNOWN, 7);
    assert_false(session_busy(&session));
    session_came(&session, 14);
    assert_true(session_busy(&session));
    assert_true(session_step(&session, &behind.ssh));
    assert_false(session_step(&session, &behind.ssh));
    session_went(&session, 4);
    assert_false(session_step(&session, &behind.ssh));
    session_went(&session, 1);
    assert_true(session_step(&session, &behind.ssh));
    assert_true(session_busy(&session));
    session_went(&session, 5);
    assert_false(session_busy(&session));
}

static void ends_at_nonsense(void **state)
{
    static const char *const lengths[] = {"\0\0\0\0", "\xff\xff\xff\xff", "\0\1\0\0"};
    size_t size = 0;

    for (unsigned port = 0; port < AGENT_PORTS; port++)
        for (unsigned i = 0; i < 2 + (port == AGENT_PORT_SSH); i++) {
            session_start(&session, (enum agent_port)port, 3);
            say(lengths[i], 4, 1);
            assert_true(session.ended);
            (void)session_room(&session, &size);
            assert_int_equal(size, 0);
            (void)session_waiting(&session, &size);
            assert_int_equal(size, 0);
        }
    (void)state;
    /* A whole frame that says nothing that makes sense. */
    session_start(&session, AGENT_PORT_PSA, 3);
    say("\4\0\0\0abcd", 8, 1);
    assert_true(session.ended);
}

/* The longest message that may be, and one more byte. */
static void takes_long_ones(void **state)
{
    size_t size = 0;
    uint8_t *room = session_room(&session, &size);

    (void)state;
    assert_int_equal(size, 4 + SSH_MESSAGE_MAX);
    memset(room, 0, size);
    room[2] = (uint8_t)(SSH_MESSAGE_MAX >> 8);
    room[3] = (uint8_t)SSH_MESSAGE_MAX;
    session_came(&session, size);
    assert_true(session_step(&session, &behind.ssh));
    assert_memory_equal(session_waiting(&session, &size), REFUSED, 5);
    session_start(&session, AGENT_PORT_SSH, 3);
    room = session_room(&session, &size);
    memcpy(room, (const uint8_t[]){0, 0, (SSH_MESSAGE_MAX + 1) >> 8, (uint8_t)(SSH_MESSAGE_MAX + 1)}, 4);
    session_came(&session, 4);
    assert_false(session_step(&session, &behind.ssh));
    assert_true(session.ended);
}

static void frames_are_little_endian(void **state)
{
    uint8_t bytes[4 + AGENT_WORDS_BYTES] = {AGENT_WORDS_BYTES};
    uint64_t words[8] = {0};

    (void)state;
    session_start(&session, AGENT_PORT_PSA, 3);
    words[0] = CRYPTO_RANDOM;
    words[3] = 5;
    memcpy(bytes + 4, words, sizeof(words));
    say(bytes, sizeof(bytes), 7);
    assert_int_equal(heard_size, 4 + AGENT_WORDS_BYTES + 5);
    assert_int_equal(heard[0], AGENT_WORDS_BYTES + 5);
    memcpy(words, heard + 4, sizeof(words));
    assert_int_equal(words[0], CRYPTO_SUCCESS);
    assert_int_equal(words[1], 5);
}

/* Nearly right messages, in any pieces, on both ports: what comes out is whole messages. */
static void anything(void **state)
{
    (void)state;
    srand(1);
    for (unsigned round = 0; round < 4000; round++) {
        uint8_t bytes[200];
        size_t size = (size_t)rand() % sizeof(bytes);

        for (unsigned i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)(rand() % 4 != 0 ? 0 : rand());
        session_start(&session, rand() % 2 == 0 ? AGENT_PORT_SSH : AGENT_PORT_PSA, 3);
        bytes[session.port == AGENT_PORT_SSH ? 3 : 0] = (uint8_t)(size < 4 ? 1 : size - 4);
        if (session.port == AGENT_PORT_SSH)
            bytes[4] = (uint8_t)(11 + rand() % 4);
        heard_size = 0;
        say(bytes, size, 1 + (size_t)rand() % 50);
        assert_true(heard_size == 0 || heard_size > 4);
    }
}

int test_session(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_any_pieces, start, portal_stop),
        cmocka_unit_test_setup_teardown(answers_in_order, start, portal_stop),
        cmocka_unit_test_setup_teardown(waits_for_who_does_not_listen, start, portal_stop),
        cmocka_unit_test_setup_teardown(ends_at_nonsense, start, portal_stop),
        cmocka_unit_test_setup_teardown(takes_long_ones, start, portal_stop),
        cmocka_unit_test_setup_teardown(frames_are_little_endian, start, portal_stop),
        cmocka_unit_test_setup_teardown(anything, start, portal_stop),
    };

    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
