/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * lib/vsock on both ends, with the real service between them, which is made again now and then; and against a peer and
 * a service that do not keep to the rules. The kernel between them is quoll_trap below.
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
#include "service/ask.h"
#include "services/vsock/connections.h"

enum { CLIENTS = 2 };
enum { LEFT, RIGHT }; /* ports 100 and 200 */

static int set_up(void **state)
{
    (void)state;
    ends_begin(CLIENTS);
    for (unsigned i = 0; i < CLIENTS; i++)
        assert_int_equal(vsock_listen(&vsock[i], 100 * (i + 1)), VSOCK_DONE);
    return 0;
}

/* A connection from LEFT to RIGHT. */
static void connect(struct vsock_socket **left, struct vsock_socket **right)
{
    *left = vsock_connect(&vsock[LEFT], 2, 200);
    assert_non_null(*left);
    assert_int_equal((*left)->state, VSOCK_CONNECTING);
    ends_run(0);
    assert_int_equal((*left)->state, VSOCK_CONNECTED);
    assert_null(vsock_accept(&vsock[RIGHT], 201));
    *right = vsock_accept(&vsock[RIGHT], 200);
    assert_non_null(*right);
    assert_int_equal((*right)->state, VSOCK_CONNECTED);
    assert_int_equal((*right)->peer_port, (*left)->port);
    assert_null(vsock_accept(&vsock[RIGHT], 200));
}

static uint8_t byte_at(uint64_t place)
{
    return (uint8_t)((place * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

/* A stream of many times the buffers; the service is made again in the middle of it, every other time. */
static void streams_are_whole(void **state)
{
    static uint8_t bytes[5000];
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;
    uint64_t sent = 0;
    uint64_t came = 0;

    (void)state;
    connect(&left, &right);
    for (unsigned round = 0; came < 1000000; round++) {
        size_t length = 1 + round * 977 % sizeof(bytes);

        assert_true(round < 10000);
        for (size_t i = 0; i < length; i++)
            bytes[i] = byte_at(sent + i);
        sent += vsock_send(&vsock[LEFT], left, bytes, length);
        assert_true(sent - came <= VSOCK_BUFFER);
        if (round % 2 == 0) {
            ends_begin_service();
            ends_run(COMPONENT_FLAG_RESTARTED);
        }
        ends_run(0);
        length = vsock_receive(&vsock[RIGHT], right, bytes, 1 + round * 313 % sizeof(bytes));
        for (size_t i = 0; i < length; i++)
            assert_int_equal(bytes[i], byte_at(came + i));
        came += length;
        ends_run(0);
    }
    assert_int_equal(left->state, VSOCK_CONNECTED);
    assert_int_equal(right->state, VSOCK_CONNECTED);
}

static void nobody_listens(void **state)
{
    struct vsock_socket *socket = NULL;

    (void)state;
    socket = vsock_connect(&vsock[LEFT], 2, 201); /* RIGHT's, but it does not listen */
    ends_run(0);
    assert_int_equal(socket->state, VSOCK_ENDED);
    assert_true(vsock_at_end(socket));
    vsock_close(&vsock[LEFT], socket);
    assert_int_equal(socket->state, VSOCK_FREE);
    socket = vsock_connect(&vsock[LEFT], 2, 300); /* nobody's */
    ends_run(0);
    assert_int_equal(socket->state, VSOCK_ENDED);
    assert_int_equal(vsock_send(&vsock[LEFT], socket, "x", 1), 0);
}

/* What was sent before the end arrives; then both sockets are free. */
static void ends_are_orderly(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;
    char bytes[8] = {0};

    (void)state;
    connect(&left, &right);
    assert_int_equal(vsock_send(&vsock[LEFT], left, "hello", 5), 5);
    vsock_shutdown(&vsock[LEFT], left, VIRTIO_VSOCK_NO_SEND);
    assert_int_equal(vsock_send(&vsock[LEFT], left, "more", 4), 0);
    ends_run(0);
    assert_false(vsock_at_end(right));
    assert_int_equal(vsock_receive(&vsock[RIGHT], right, bytes, sizeof(bytes)), 5);
    assert_memory_equal(bytes, "hello", 5);
    assert_true(vsock_at_end(right));
    assert_int_equal(vsock_send(&vsock[RIGHT], right, "bye", 3), 3);
    vsock_close(&vsock[RIGHT], right);
    ends_run(0);
    assert_int_equal(right->state, VSOCK_CONNECTED);
    assert_int_equal(vsock_receive(&vsock[LEFT], left, bytes, sizeof(bytes)), 3);
    assert_true(vsock_at_end(left));
    vsock_close(&vsock[LEFT], left);
    ends_run(0);
    assert_int_equal(left->state, VSOCK_FREE);
    assert_int_equal(right->state, VSOCK_FREE);
}

/* More connections than sockets: none, until one ends; and then once the other end's program has let go of its own. */
static void sockets_end(void **state)
{
    struct vsock_socket *left[SOCKETS] = {NULL};
    struct vsock_socket *right = NULL;

    (void)state;
    for (unsigned i = 0; i < SOCKETS; i++)
        connect(&left[i], &right);
    assert_null(vsock_connect(&vsock[LEFT], 2, 200));
    vsock_close(&vsock[LEFT], left[0]);
    ends_run(0);
    assert_int_equal(left[0]->state, VSOCK_FREE);
    left[0] = vsock_connect(&vsock[LEFT], 2, 200);
    assert_non_null(left[0]);
    ends_run(0);
    assert_int_equal(left[0]->state, VSOCK_CONNECTING);
    for (unsigned i = 0; i < SOCKETS; i++)
        if (sockets[RIGHT][i].state == VSOCK_ENDED)
            vsock_close(&vsock[RIGHT], &sockets[RIGHT][i]);
    ends_run(0);
    assert_int_equal(left[0]->state, VSOCK_CONNECTED);
}

/* A packet that LEFT's library would not send. */
static void forge(const struct vsock_socket *socket, unsigned operation, uint32_t length)
{
    static uint8_t packet[4096];
    const struct virtio_vsock_header header = {
        2, 2, socket->port, socket->peer_port, length, 1, (uint16_t)operation, 0, VSOCK_BUFFER, 0};
    const struct virtio_buffer buffer = {4096 + 4096 * 7, VIRTIO_VSOCK_HEADER + length};
    uint16_t head = 0;

    memcpy(packet, &header, VIRTIO_VSOCK_HEADER);
    memcpy(windows[LEFT] + buffer.address, packet, buffer.length);
    assert_int_equal(virtio_driver_add(&vsock[LEFT].driver[VIRTIO_VSOCK_TRANSMIT], &buffer, 1, 0, &head), VIRTIO_OK);
    vsock[LEFT].buffer_of[VIRTIO_VSOCK_TRANSMIT][head] = 7;
}

static void a_peer_without_credit_loses_its_connection(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;

    (void)state;
    connect(&left, &right);
    for (unsigned i = 0; i < VSOCK_BUFFER / 4000; i++) {
        forge(left, VIRTIO_VSOCK_DATA, 4000);
        ends_run(0);
    }
    assert_int_equal(right->state, VSOCK_CONNECTED);
    forge(left, VIRTIO_VSOCK_DATA, 4000);
    ends_run(0);
    assert_int_equal(right->state, VSOCK_ENDED);
    assert_int_equal(left->state, VSOCK_ENDED);
}

static void a_peer_that_begins_anew_is_believed(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;

    (void)state;
    connect(&left, &right);
    forge(left, VIRTIO_VSOCK_REQUEST, 0);
    ends_run(0);
    assert_int_equal(right->state, VSOCK_ENDED);
    right = vsock_accept(&vsock[RIGHT], 200);
    assert_non_null(right);
    /* What nobody knows is refused. */
    left->port++;
    forge(left, VIRTIO_VSOCK_DATA, 10);
    left->port--;
    ends_run(0);
    assert_int_equal(right->count, 0);
}

static void lost_connections_end(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;

    (void)state;
    connect(&left, &right);
    memset(journal, 0, sizeof(journal));
    ends_begin_service();
    ends_run(COMPONENT_FLAG_RESTARTED);
    ends_run(0);
    assert_int_equal(left->state, VSOCK_ENDED);
    assert_int_equal(right->state, VSOCK_ENDED);
    ends_run(0);
    vsock_close(&vsock[LEFT], left);
    vsock_close(&vsock[RIGHT], right);
    ends_run(0);
    connect(&left, &right);
}

static void a_client_that_begins_anew_ends_its_connections(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;

    (void)state;
    connect(&left, &right);
    assert_int_equal(ends_open(LEFT), VSOCK_DONE);
    assert_int_equal(vsock_send(&vsock[RIGHT], right, "hello", 5), 5);
    ends_run(0);
    assert_int_equal(right->state, VSOCK_ENDED);
}

/* Its peers, who may wait for it to say something, need not send anything to hear of it; whichever side it was of. */
static void who_waits_for_a_client_that_is_no_more_hears_of_it(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;

    (void)state;
    connect(&left, &right);
    ends_begin_service(); /* which forgets nothing of it */
    ends_run(COMPONENT_FLAG_RESTARTED);
    assert_int_equal(ends_open(RIGHT), VSOCK_DONE);
    ends_run(0);
    assert_int_equal(left->state, VSOCK_ENDED);

    (void)set_up(NULL);
    connect(&left, &right);
    assert_int_equal(ends_open(LEFT), VSOCK_DONE);
    ends_run(0);
    assert_int_equal(right->state, VSOCK_ENDED);
}

/* One that has ended is not spoken of any more, and no client can fill the table for the others. */
static void the_table_of_connections_has_an_end(void **state)
{
    struct journal *book = switchboard.journal;
    struct virtio_vsock_header header = {.operation = VIRTIO_VSOCK_REQUEST};
    unsigned count = 0;
    unsigned peer = 0;
    uint32_t ports[2] = {0};

    (void)state;
    for (uint32_t i = 0; i < 3 * JOURNAL_CONNECTIONS; i++) {
        header.source_port = i;
        connections_note(book, LEFT, RIGHT, &header);
        connections_note(book, LEFT, RIGHT, &header);
    }
    header.source_port = 7;
    connections_note(book, RIGHT, LEFT, &header);
    header = (struct virtio_vsock_header){.operation = VIRTIO_VSOCK_RESET, .destination_port = 3};
    connections_note(book, RIGHT, LEFT, &header);
    while (connections_take(book, LEFT, &peer, &ports[0], &ports[1])) {
        assert_int_equal(peer, RIGHT);
        assert_int_not_equal(ports[0], 3);
        count++;
    }
    assert_int_equal(count, JOURNAL_CONNECTIONS / CLIENTS - 1 + 1);
    assert_false(connections_take(book, RIGHT, &peer, &ports[0], &ports[1]));
    book->connection[0] = (struct journal_connection){.client = {CLIENTS, 0}, .used = 1};
    ends_begin_service();
    assert_int_equal(book->connection[0].used, 0);
}

/* All sockets are those of a peer that does not know of them any more. */
static void sockets_of_who_is_gone_are_found(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right[SOCKETS] = {NULL};

    (void)state;
    for (unsigned i = 0; i < SOCKETS; i++)
        connect(&left, &right[i]);
    ends_run(0);
    for (unsigned i = 0; i < SOCKETS; i++)
        assert_int_equal(right[i]->state, VSOCK_CONNECTED);
    assert_int_equal(ends_open(LEFT), VSOCK_DONE);
    vsock[LEFT].own_next = 100;
    left = vsock_connect(&vsock[LEFT], 2, 200);
    ends_run(0);
    assert_int_equal(left->state, VSOCK_CONNECTING);
    for (unsigned i = 0; i < SOCKETS; i++) {
        assert_int_equal(right[i]->state, VSOCK_ENDED);
        vsock_close(&vsock[RIGHT], right[i]);
    }
    ends_run(0);
    assert_int_equal(left->state, VSOCK_CONNECTED);
    assert_non_null(vsock_accept(&vsock[RIGHT], 200));
}

/* Whatever the service writes into the window, the library neither faults nor goes on with a broken ring. */
static void a_service_that_lies(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;
    struct virtio_used *used = NULL;
    uint32_t random = 1;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        (void)set_up(NULL);
        connect(&left, &right);
        used = (void *)(windows[RIGHT] + virtio_driver_queue(&vsock[RIGHT].driver[VIRTIO_VSOCK_RECEIVE]).used);
        for (unsigned i = 0; i < 64; i++) {
            random = random * 1664525 + 1013904223;
            if (i % 8 == 0)
                used->ring[used->index % VSOCK_RING] = (struct virtio_used_element){random >> 28, random >> 20 & 0xfff};
            if (i % 8 == 0)
                used->index = (uint16_t)(used->index + (random >> 16 & 1));
            windows[RIGHT][(random >> 8) % ENDS_WINDOW] = (uint8_t)random;
            vsock_event(&vsock[RIGHT], FLAG);
            (void)vsock_send(&vsock[RIGHT], right, "x", 1);
        }
    }
}

/* Whoever finds out, the client by what it is given or the service by what it was: connections end, and are said to. */
static void broken_rings_end_connections(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;
    struct virtio_used *used = NULL;
    struct virtio_available *available = NULL;

    (void)state;
    connect(&left, &right);
    used = (void *)(windows[RIGHT] + virtio_driver_queue(&vsock[RIGHT].driver[VIRTIO_VSOCK_RECEIVE]).used);
    used->ring[used->index % VSOCK_RING] = (struct virtio_used_element){VSOCK_RING, 0};
    used->index++;
    vsock_event(&vsock[RIGHT], FLAG);
    assert_true(vsock[RIGHT].stopped);
    assert_int_equal(right->state, VSOCK_ENDED);
    assert_int_equal(vsock_send(&vsock[RIGHT], right, "x", 1), 0);
    assert_null(vsock_connect(&vsock[RIGHT], 2, 100));

    available = (void *)(windows[LEFT] + virtio_driver_queue(&vsock[LEFT].driver[VIRTIO_VSOCK_TRANSMIT]).available);
    available->index = (uint16_t)(available->index + VSOCK_RING + 1);
    (void)exchange_turn(&switchboard, LEFT);
    assert_false(vsock[LEFT].stopped);
    vsock_event(&vsock[LEFT], FLAG);
    assert_true(vsock[LEFT].stopped);
    assert_int_equal(left->state, VSOCK_ENDED);
    assert_int_equal(ends_open(LEFT), VSOCK_DONE);
    assert_false(vsock[LEFT].stopped);
}

/* A service that stays away longer than a restart takes: connections end, and begin again when it is there. */
static void left_stopped(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;
    uint8_t byte = 0;

    (void)state;
    connect(&left, &right);
    assert_int_equal(vsock[LEFT].patience, QUOLL_FOREVER);
    assert_int_equal(vsock_send(&vsock[LEFT], left, "a", 1), 1);
    reachable = false;
    for (unsigned i = 0; i < CLIENTS; i++)
        vsock_event(&vsock[i], COMPONENT_FLAG_RESTARTED);
    assert_int_equal(vsock[LEFT].patience, SERVICE_PATIENCE_NS);
    now = SERVICE_PATIENCE_NS - 1;
    vsock_event(&vsock[LEFT], COMPONENT_FLAG_RESTARTED);
    assert_int_equal(left->state, VSOCK_CONNECTED);
    now++;
    vsock_event(&vsock[LEFT], 0);
    assert_int_equal(left->state, VSOCK_ENDED);
    assert_int_equal(vsock_send(&vsock[LEFT], left, "b", 1), 0);
    assert_null(vsock_connect(&vsock[LEFT], 2, 200));
    /* Nobody is called again before there is something to call for. */
    vsock_event(&vsock[LEFT], COMPONENT_FLAG_RESTARTED);
    assert_int_equal(vsock[LEFT].patience, QUOLL_FOREVER);

    /* RIGHT looks when it is there again. */
    reachable = true;
    now += SERVICE_PATIENCE_NS;
    ends_begin_service();
    ends_run(COMPONENT_FLAG_RESTARTED);
    assert_int_equal(right->state, VSOCK_ENDED);
    vsock_close(&vsock[LEFT], left);
    vsock_close(&vsock[RIGHT], right);
    connect(&left, &right);
    assert_int_equal(vsock_send(&vsock[LEFT], left, "c", 1), 1);
    ends_run(0);
    assert_int_equal(vsock_receive(&vsock[RIGHT], right, &byte, 1), 1);
    assert_int_equal(byte, 'c');
}

/* When only one end had lost its patience, the service tells the other. */
static void one_end_gives_up(void **state)
{
    struct vsock_socket *left = NULL;
    struct vsock_socket *right = NULL;

    (void)state;
    connect(&left, &right);
    reachable = false;
    vsock_event(&vsock[LEFT], COMPONENT_FLAG_RESTARTED);
    now = SERVICE_PATIENCE_NS;
    vsock_event(&vsock[LEFT], 0);
    assert_int_equal(left->state, VSOCK_ENDED);
    reachable = true;
    ends_begin_service();
    ends_run(COMPONENT_FLAG_RESTARTED);
    ends_run(0);
    assert_false(vsock[LEFT].absent);
    assert_int_equal(right->state, VSOCK_ENDED);
}

static void nothing_to_open(void **state)
{
    const struct vsock_setup small = {(uintptr_t)windows[0], 8192, ENDS_PORTAL, ENDS_DOORBELL, FLAG};

    (void)state;
    assert_int_equal(vsock_open(&vsock[0], &small, sockets[0], SOCKETS), VSOCK_NOTHING);
    reachable = false;
    assert_int_equal(ends_open(0), VSOCK_NOTHING);
    reachable = true;
    assert_int_equal(ends_open(0), VSOCK_DONE);
    for (unsigned i = 0; i < VSOCK_LISTENERS; i++)
        assert_int_equal(vsock_listen(&vsock[0], i), VSOCK_DONE);
    assert_int_equal(vsock_listen(&vsock[0], 99), VSOCK_LIMIT);
}

int test_client(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(streams_are_whole, set_up),
        cmocka_unit_test_setup(nobody_listens, set_up),
        cmocka_unit_test_setup(ends_are_orderly, set_up),
        cmocka_unit_test_setup(sockets_end, set_up),
        cmocka_unit_test_setup(left_stopped, set_up),
        cmocka_unit_test_setup(one_end_gives_up, set_up),
        cmocka_unit_test_setup(a_peer_without_credit_loses_its_connection, set_up),
        cmocka_unit_test_setup(a_peer_that_begins_anew_is_believed, set_up),
        cmocka_unit_test_setup(lost_connections_end, set_up),
        cmocka_unit_test_setup(a_client_that_begins_anew_ends_its_connections, set_up),
        cmocka_unit_test_setup(who_waits_for_a_client_that_is_no_more_hears_of_it, set_up),
        cmocka_unit_test_setup(the_table_of_connections_has_an_end, set_up),
        cmocka_unit_test_setup(sockets_of_who_is_gone_are_found, set_up),
        cmocka_unit_test_setup(a_service_that_lies, set_up),
        cmocka_unit_test_setup(broken_rings_end_connections, set_up),
        cmocka_unit_test_setup(nothing_to_open, set_up),
    };

    return cmocka_run_group_tests_name("vsock client", tests, NULL, NULL);
}
