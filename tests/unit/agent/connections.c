/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whose turn it is, and when a connection is over. lib/vsock is in its place: sockets that hold what guests have said.
 */
#include "services/agent/connections.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "portal.h"
#include "tests.h"

enum { FIRST_PORT = 4000, SAID = 256, HEARD = 4096 };

static const char LIST[] = "\0\0\0\1\x0b";
static const char NONSENSE[] = "\0\0\0\0";
enum { LIST_SIZE = 5 };

/* A program in a guest. */
static struct program {
    struct vsock_socket socket;
    bool asks; /* for a connection */
    bool closed;
    size_t said, received, heard;
    size_t takes; /* bytes of answers, at a time */
    uint8_t words[SAID];
    uint8_t answers[HEARD];
} programs[CONNECTIONS + 1];

static struct vsock vsock;
static struct connections connections;

static struct program *program_of(const struct vsock_socket *socket)
{
    return (struct program *)((uintptr_t)socket - offsetof(struct program, socket));
}

struct vsock_socket *vsock_accept(struct vsock *here, uint32_t port)
{
    (void)here;
    for (unsigned i = 0; i < CONNECTIONS + 1; i++)
        if (programs[i].asks && programs[i].socket.port == port) {
            programs[i].asks = false;
            programs[i].socket.state = VSOCK_CONNECTED;
            return &programs[i].socket;
        }
    return NULL;
}

size_t vsock_receive(struct vsock *here, struct vsock_socket *socket, void *bytes, size_t length)
{
    struct program *program = program_of(socket);
    size_t size = program->said - program->received;

    (void)here;
    size = size < length ? size : length;
    memcpy(bytes, program->words + program->received, size);
    program->received += size;
    return size;
}

size_t vsock_send(struct vsock *here, struct vsock_socket *socket, const void *bytes, size_t length)
{
    struct program *program = program_of(socket);
    size_t size = length < program->takes ? length : program->takes;

    (void)here;
    assert_true(program->heard + size <= HEARD);
    memcpy(program->answers + program->heard, bytes, size);
    program->heard += size;
    return size;
}

bool vsock_at_end(const struct vsock_socket *socket)
{
    const struct program *program = program_of(socket);

    return socket->peer_sends_no_more && program->received == program->said;
}

void vsock_close(struct vsock *here, struct vsock_socket *socket)
{
    (void)here;
    assert_false(program_of(socket)->closed);
    program_of(socket)->closed = true;
}

static void say(unsigned program, const char *bytes, size_t size, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        assert_true(programs[program].said + size <= SAID);
        memcpy(programs[program].words + programs[program].said, bytes, size);
        programs[program].said += size;
    }
}

static void connect_program(unsigned program, uint64_t cid)
{
    programs[program] = (struct program){.asks = true, .takes = HEARD};
    programs[program].socket.peer_cid = cid;
    programs[program].socket.port = FIRST_PORT;
}

static bool run_round(void)
{
    return connections_round(&connections, &vsock, FIRST_PORT, &behind.ssh);
}

/* Answers to LIST, all of the same length. */
static size_t answers(unsigned program)
{
    const uint8_t *at = programs[program].answers;
    size_t one = 4 + ((size_t)at[2] << 8 | at[3]);

    return programs[program].heard == 0 ? 0 : programs[program].heard / one;
}

static int start(void **state)
{
    memset(programs, 0, sizeof(programs));
    connections = (struct connections){0};
    return portal_start(state);
}

static void a_guest_is_a_turn(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        connect_program(i, 3);
    connect_program(4, 4);
    for (unsigned i = 0; i < 5; i++)
        say(i, LIST, LIST_SIZE, 4);
    for (unsigned round = 1; round <= 4; round++) {
        assert_true(run_round());
        assert_int_equal(answers(4), round);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(answers(i), i < round);
    }
    /* What they have left takes as many rounds as they have messages. */
    for (unsigned round = 5; round < 16; round++)
        assert_true(run_round());
    assert_false(run_round());
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(answers(i), 4);
}

/* Who does not listen costs its guest no turn. */
static void who_does_not_listen_gives_up_its_turn(void **state)
{
    (void)state;
    connect_program(0, 3);
    connect_program(1, 3);
    programs[0].takes = 0;
    say(0, LIST, LIST_SIZE, 3);
    say(1, LIST, LIST_SIZE, 3);
    for (unsigned round = 0; round < 4; round++)
        (void)run_round();
    assert_int_equal(answers(0), 0);
    assert_int_equal(answers(1), 3);
    assert_true(programs[0].socket.busy);
    assert_false(programs[1].socket.busy);
    programs[0].takes = HEARD;
    while (run_round())
        ;
    assert_int_equal(answers(0), 3);
    assert_false(programs[0].socket.busy);
}

static void hears_out_who_says_no_more(void **state)
{
    (void)state;
    connect_program(0, 3);
    say(0, LIST, LIST_SIZE, 2);
    say(0, LIST, LIST_SIZE - 1, 1);
    programs[0].socket.peer_sends_no_more = true;
    programs[0].takes = 40;
    for (unsigned round = 0; round < 200 && !programs[0].closed; round++)
        (void)run_round();
    assert_true(programs[0].closed);
    assert_int_equal(answers(0), 2);
    assert_int_equal(programs[0].received, programs[0].said);
    /* Its place is free. */
    connect_program(0, 4);
    say(0, LIST, LIST_SIZE, 1);
    (void)run_round();
    assert_int_equal(answers(0), 1);
}

static void nonsense_ends_its_connection_alone(void **state)
{
    (void)state;
    connect_program(0, 3);
    connect_program(1, 3);
    say(0, LIST, LIST_SIZE, 1);
    say(0, NONSENSE, 4, 1);
    say(1, LIST, LIST_SIZE, 2);
    while (run_round())
        ;
    assert_true(programs[0].closed);
    assert_int_equal(answers(0), 1);
    assert_false(programs[1].closed);
    assert_int_equal(answers(1), 2);
}

/* Nothing is computed for who has gone, and its place is free at once. */
static void who_has_gone_is_not_answered(void **state)
{
    unsigned calls = 0;

    (void)state;
    for (unsigned i = 0; i < CONNECTIONS + 1; i++)
        connect_program(i, 3 + i);
    (void)run_round();
    say(0, LIST, LIST_SIZE, 1);
    programs[0].socket.state = VSOCK_ENDED;
    calls = behind.calls;
    assert_true(programs[CONNECTIONS].asks);
    (void)run_round();
    assert_true(programs[0].closed);
    assert_int_equal(answers(0), 0);
    assert_int_equal(behind.calls, calls);
    say(CONNECTIONS, LIST, LIST_SIZE, 1);
    (void)run_round();
    assert_int_equal(answers(CONNECTIONS), 1);
}

/* The port says which protocol. */
static void each_port_has_its_protocol(void **state)
{
    uint8_t frame[4 + AGENT_WORDS_BYTES] = {AGENT_WORDS_BYTES};
    uint64_t words[8] = {CRYPTO_RANDOM, 0, 0, 5};

    (void)state;
    memcpy(frame + 4, words, sizeof(words));
    connect_program(0, 3);
    programs[0].socket.port = FIRST_PORT + AGENT_PORT_PSA;
    say(0, (const char *)frame, sizeof(frame), 1);
    while (run_round())
        ;
    assert_int_equal(programs[0].heard, 4 + AGENT_WORDS_BYTES + 5);
}

int test_connections(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_guest_is_a_turn, start, portal_stop),
        cmocka_unit_test_setup_teardown(who_does_not_listen_gives_up_its_turn, start, portal_stop),
        cmocka_unit_test_setup_teardown(hears_out_who_says_no_more, start, portal_stop),
        cmocka_unit_test_setup_teardown(nonsense_ends_its_connection_alone, start, portal_stop),
        cmocka_unit_test_setup_teardown(who_has_gone_is_not_answered, start, portal_stop),
        cmocka_unit_test_setup_teardown(each_port_has_its_protocol, start, portal_stop),
    };

    return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
