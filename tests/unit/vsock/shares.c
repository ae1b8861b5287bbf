/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Guests that want more sockets of a component than there are: whoever has few gets one of whoever has most, nobody
 * else loses any, and nothing goes back and forth.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ends.h"
#include "rt/component.h"

enum { SERVER, GUEST, SMALL, THIRD, PLAYERS }; /* the guests' CIDs are 3, 4 and 5 */
enum { PORT = 100, PLACES = 8 };

/* The server gets PLACES sockets, a guest more than it can use. */
static int set_up(void **state)
{
    (void)state;
    ends_begin(PLAYERS);
    for (unsigned i = 0; i < PLAYERS; i++) {
        if (i != SERVER)
            endpoints[i] = (struct endpoint){
                .name = "guest", .cid = 2 + i, .reaches = UINT64_MAX, .window = {0, ENDS_WINDOW, windows[i]}};
        socket_counts = i == SERVER ? PLACES : SOCKETS_MAX;
        exchange_let_go(&switchboard, i);
        assert_int_equal(ends_open(i), VSOCK_DONE);
        /* What a guest's kernel does itself. */
        if (i != SERVER) {
            vsock[i].own_first = 5000;
            vsock[i].own_count = 100;
        }
    }
    assert_int_equal(vsock_listen(&vsock[SERVER], PORT), VSOCK_DONE);
    return 0;
}

/* What a server does each time it is told of something: it takes what has arrived, and lets go of what has ended. */
static void serve(void)
{
    do {
        kept = 0;
        ends_run(0);
        while (vsock_accept(&vsock[SERVER], PORT) != NULL)
            ;
        for (unsigned i = 0; i < PLACES; i++)
            if (sockets[SERVER][i].state == VSOCK_ENDED)
                vsock_close(&vsock[SERVER], &sockets[SERVER][i]);
    } while (kept != 0);
    ends_run(0);
}

static struct vsock_socket *ask(unsigned guest)
{
    struct vsock_socket *socket = vsock_connect(&vsock[guest], 2, PORT);

    assert_non_null(socket);
    now++;
    return socket;
}

static struct vsock_socket *ask_and_serve(unsigned guest)
{
    struct vsock_socket *socket = ask(guest);

    serve();
    return socket;
}

/* One guest has all places, and another asks: its socket. */
static struct vsock_socket *ask_when_all_are_taken(void)
{
    struct vsock_socket *small = NULL;

    for (unsigned i = 0; i < PLACES; i++)
        (void)ask_and_serve(GUEST);
    small = ask(SMALL);
    ends_run(0);
    return small;
}

static unsigned count(unsigned guest)
{
    unsigned connected = 0;
    unsigned known = 0;

    for (unsigned i = 0; i < SOCKETS_MAX; i++)
        connected += sockets[guest][i].state == VSOCK_CONNECTED;
    for (unsigned i = 0; i < PLACES; i++)
        known += sockets[SERVER][i].state == VSOCK_CONNECTED && sockets[SERVER][i].peer_cid == 2 + guest;
    assert_int_equal(connected, known);
    return connected;
}

static struct vsock_socket *server_of(unsigned guest, const struct vsock_socket *socket)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (sockets[SERVER][i].peer_cid == 2 + guest && sockets[SERVER][i].peer_port == socket->port)
            return &sockets[SERVER][i];
    fail();
    return NULL;
}

static void who_has_none_gets_one(void **state)
{
    struct vsock_socket *first = NULL;
    struct vsock_socket *other = NULL;
    struct vsock_socket *small = NULL;
    uint8_t bytes[4] = {0};

    (void)state;
    first = ask_and_serve(GUEST);
    other = ask_and_serve(GUEST);
    for (unsigned i = 2; i < PLACES; i++)
        (void)ask_and_serve(GUEST);
    assert_int_equal(count(GUEST), PLACES);
    /* The first one says something, so that the other one is the quietest. */
    assert_int_equal(vsock_send(&vsock[GUEST], first, "x", 1), 1);
    assert_int_equal(vsock_send(&vsock[SERVER], server_of(GUEST, other), "end", 3), 3);
    now = 50;
    serve();
    server_of(GUEST, other)->moved = 0;
    small = ask_and_serve(SMALL);
    assert_int_equal(small->state, VSOCK_CONNECTED);
    assert_int_equal(count(SMALL), 1);
    assert_int_equal(count(GUEST), PLACES - 1);
    assert_int_equal(first->state, VSOCK_CONNECTED);
    /* It hears what it was told, and then a clean end. */
    assert_int_equal(other->state, VSOCK_ENDED);
    assert_int_equal(vsock_receive(&vsock[GUEST], other, bytes, sizeof(bytes)), 3);
    assert_memory_equal(bytes, "end", 3);
    assert_true(vsock_at_end(other));
    /* And the new one works in both directions. */
    assert_int_equal(vsock_send(&vsock[SMALL], small, "in", 2), 2);
    serve();
    assert_int_equal(vsock_receive(&vsock[SERVER], server_of(SMALL, small), bytes, 4), 2);
    assert_int_equal(vsock_send(&vsock[SERVER], server_of(SMALL, small), "out", 3), 3);
    serve();
    assert_int_equal(vsock_receive(&vsock[SMALL], small, bytes, 4), 3);
}

/* What came or went last counts, in either direction. */
static void the_quietest_gives_way(void **state)
{
    struct vsock_socket *asked[PLACES];

    (void)state;
    for (unsigned i = 0; i < PLACES; i++)
        asked[i] = ask_and_serve(GUEST);
    assert_int_equal(vsock_send(&vsock[GUEST], asked[0], "x", 1), 1);
    serve();
    now++;
    assert_int_equal(vsock_send(&vsock[SERVER], server_of(GUEST, asked[1]), "x", 1), 1);
    serve();
    now++;
    (void)ask_and_serve(SMALL);
    assert_int_equal(asked[2]->state, VSOCK_ENDED);
    (void)ask_and_serve(SMALL);
    assert_int_equal(asked[3]->state, VSOCK_ENDED);
    assert_int_equal(count(GUEST), PLACES - 2);
}

static void who_is_busy_gives_way_last(void **state)
{
    struct vsock_socket *asked[PLACES];

    (void)state;
    for (unsigned i = 0; i < PLACES; i++)
        asked[i] = ask_and_serve(GUEST);
    for (unsigned i = 0; i < PLACES; i++)
        server_of(GUEST, asked[i])->busy = i != PLACES - 1;
    (void)ask_and_serve(SMALL);
    assert_int_equal(asked[PLACES - 1]->state, VSOCK_ENDED);
    (void)ask_and_serve(SMALL);
    assert_int_equal(asked[0]->state, VSOCK_ENDED);
    assert_int_equal(count(SMALL), 2);
}

static void nobody_pushes_itself_out(void **state)
{
    struct vsock_socket *asked[PLACES];

    (void)state;
    for (unsigned i = 0; i < PLACES; i++)
        asked[i] = ask_and_serve(GUEST);
    assert_int_equal(ask_and_serve(GUEST)->state, VSOCK_ENDED);
    for (unsigned i = 0; i < PLACES; i++)
        assert_int_equal(asked[i]->state, VSOCK_CONNECTED);
}

/* Whoever asks, again and again: the shares become even, and then nobody loses anything any more. */
static void nothing_goes_back_and_forth(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PLACES; i++)
        (void)ask_and_serve(GUEST);
    for (unsigned i = 1; i <= PLACES / 2; i++) {
        assert_int_equal(ask_and_serve(SMALL)->state, VSOCK_CONNECTED);
        assert_int_equal(count(SMALL), i);
        assert_int_equal(count(GUEST), PLACES - i);
    }
    for (unsigned i = 0; i < 20; i++) {
        unsigned guest = i % 2 == 0 ? SMALL : GUEST;
        struct vsock_socket *refused = ask_and_serve(guest);

        assert_int_equal(refused->state, VSOCK_ENDED);
        vsock_close(&vsock[guest], refused);
        assert_int_equal(count(GUEST), PLACES / 2);
        assert_int_equal(count(SMALL), PLACES / 2);
    }
    /* A third one, and the shares of eight are 3, 3 and 2. */
    for (unsigned i = 0; i < 20; i++) {
        unsigned guest = GUEST + i % 3;
        struct vsock_socket *asked = NULL;

        for (unsigned j = 0; j < SOCKETS_MAX; j++)
            if (sockets[guest][j].state == VSOCK_ENDED)
                vsock_close(&vsock[guest], &sockets[guest][j]);
        asked = ask_and_serve(guest);
        assert_true(i < 6 || asked->state == VSOCK_ENDED);
    }
    assert_int_equal(count(THIRD), 2);
    assert_int_equal(count(GUEST), 3);
    assert_int_equal(count(SMALL), 3);
}

/* Before the component looks: what was not accepted gives way as well, so nobody's requests fill the sockets. */
static void not_accepted_yet(void **state)
{
    struct vsock_socket *small = NULL;
    struct vsock_socket *third = NULL;

    (void)state;
    for (unsigned i = 0; i < SOCKETS_MAX; i++)
        (void)ask(GUEST);
    ends_run(0);
    small = ask(SMALL);
    ends_run(0);
    third = ask(THIRD);
    ends_run(0);
    assert_int_equal(small->state, VSOCK_CONNECTED);
    assert_int_equal(third->state, VSOCK_CONNECTED);
    serve();
    assert_int_equal(count(GUEST), PLACES - 2);
    assert_int_equal(count(SMALL), 1);
    assert_int_equal(count(THIRD), 1);
}

/* Who waits for a socket that the component has not let go of yet counts as having it, and may give up. */
static void who_waits_counts(void **state)
{
    struct vsock_socket *small[SOCKETS_MAX];
    unsigned waiting = 0;

    (void)state;
    for (unsigned i = 0; i < PLACES; i++)
        (void)ask_and_serve(GUEST);
    for (unsigned i = 0; i < PLACES; i++)
        small[i] = ask(SMALL);
    ends_run(0);
    for (unsigned i = 0; i < PLACES; i++)
        waiting += small[i]->state == VSOCK_CONNECTING;
    assert_int_equal(waiting, PLACES / 2);
    assert_int_equal(count(GUEST), PLACES / 2);
    /* One gives up, one asks anew. */
    vsock_close(&vsock[SMALL], small[0]);
    ends_run(0);
    serve();
    assert_int_equal(count(SMALL), PLACES / 2 - 1);
    assert_int_equal(ask_and_serve(SMALL)->state, VSOCK_CONNECTED);
}

/* All have ended, and the component has let go of none yet: whoever asks meanwhile gets those, as many as before. */
static void who_asks_before_the_ended_are_let_go(void **state)
{
    struct vsock_socket *asked[PLACES];
    struct vsock_socket *small = NULL;

    (void)state;
    for (unsigned i = 0; i < PLACES; i++)
        asked[i] = ask_and_serve(GUEST);
    for (unsigned i = 0; i < PLACES; i++)
        server_of(GUEST, asked[i])->state = VSOCK_ENDED;
    small = ask(SMALL);
    ends_run(0);
    assert_int_equal(small->state, VSOCK_CONNECTING);
    serve();
    assert_int_equal(small->state, VSOCK_CONNECTED);
    assert_int_equal(sockets[SERVER][0].peer_cid, 2 + SMALL);
}

/* Nor can one that asks for all of these keep another from having one. */
static void nobody_waits_for_all_that_have_ended(void **state)
{
    struct vsock_socket *again[PLACES];
    struct vsock_socket *small = NULL;
    unsigned refused = 0;

    (void)state;
    for (unsigned i = 0; i < PLACES; i++)
        again[i] = ask_and_serve(GUEST);
    for (unsigned i = 0; i < PLACES; i++) {
        server_of(GUEST, again[i])->state = VSOCK_ENDED;
        again[i]->state = VSOCK_FREE;
    }
    for (unsigned i = 0; i < PLACES; i++)
        again[i] = ask(GUEST);
    ends_run(0);
    small = ask(SMALL);
    ends_run(0);
    for (unsigned i = 0; i < PLACES; i++)
        refused += again[i]->state == VSOCK_ENDED;
    assert_int_equal(refused, 1);
    serve();
    assert_int_equal(small->state, VSOCK_CONNECTED);
    assert_int_equal(count(SMALL), 1);
    assert_int_equal(count(GUEST), PLACES - 1);
}

/* A connection that is asked for twice, by a guest that was made again, waits once. */
static void asks_twice(void **state)
{
    struct vsock_socket *small = ask_when_all_are_taken();

    (void)state;
    small->owes |= 1U << VIRTIO_VSOCK_REQUEST;
    ends_run(0);
    assert_int_equal(small->state, VSOCK_CONNECTING);
    serve();
    assert_int_equal(small->state, VSOCK_CONNECTED);
    assert_int_equal(count(SMALL), 1);
    assert_int_equal(count(GUEST), PLACES - 1);
}

/* What the component has connected itself is its own affair. */
static void own_connections_stay(void **state)
{
    struct vsock_socket *own[PLACES];

    (void)state;
    assert_int_equal(vsock_listen(&vsock[GUEST], 5000), VSOCK_DONE);
    for (unsigned i = 0; i < PLACES; i++) {
        own[i] = vsock_connect(&vsock[SERVER], 3, 5000);
        ends_run(0);
        assert_non_null(vsock_accept(&vsock[GUEST], 5000));
    }
    assert_int_equal(ask_and_serve(SMALL)->state, VSOCK_ENDED);
    for (unsigned i = 0; i < PLACES; i++)
        assert_int_equal(own[i]->state, VSOCK_CONNECTED);
}

/* Those that wait when all connections are lost are not begun later. */
static void the_service_goes_meanwhile(void **state)
{
    struct vsock_socket *small = ask_when_all_are_taken();

    (void)state;
    assert_int_equal(small->state, VSOCK_CONNECTING);
    memset(journal, 0, sizeof(journal));
    ends_begin_service();
    ends_run(COMPONENT_FLAG_RESTARTED);
    ends_run(0);
    for (unsigned i = 0; i < PLACES; i++) {
        assert_int_equal(sockets[SERVER][i].state, VSOCK_ENDED);
        vsock_close(&vsock[SERVER], &sockets[SERVER][i]);
        assert_int_equal(sockets[SERVER][i].state, VSOCK_FREE);
    }
    assert_int_equal(small->state, VSOCK_ENDED);
}

int test_shares(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_has_none_gets_one, set_up),
        cmocka_unit_test_setup(the_quietest_gives_way, set_up),
        cmocka_unit_test_setup(who_is_busy_gives_way_last, set_up),
        cmocka_unit_test_setup(nobody_pushes_itself_out, set_up),
        cmocka_unit_test_setup(nothing_goes_back_and_forth, set_up),
        cmocka_unit_test_setup(not_accepted_yet, set_up),
        cmocka_unit_test_setup(who_waits_counts, set_up),
        cmocka_unit_test_setup(who_asks_before_the_ended_are_let_go, set_up),
        cmocka_unit_test_setup(nobody_waits_for_all_that_have_ended, set_up),
        cmocka_unit_test_setup(asks_twice, set_up),
        cmocka_unit_test_setup(own_connections_stay, set_up),
        cmocka_unit_test_setup(the_service_goes_meanwhile, set_up),
    };

    return cmocka_run_group_tests_name("vsock shares", tests, NULL, NULL);
}
