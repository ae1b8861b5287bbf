/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who may send what to whom; what becomes of packets for those who take none; and of connections when the service, its
 * journal or a client is made again.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "traffic.h"

static void data_comes_in_pieces_with_its_header(void **state)
{
    uint8_t sent[500];
    struct virtio_vsock_header one = packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, sizeof(sent));
    size_t done = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(i * 7);
    send(STATION_GUEST, one, sent);
    service_run();
    while (done < sizeof(sent)) {
        expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
        assert_true(came.length != 0 && came.length <= sizeof(sent) - done);
        assert_memory_equal(payload, sent + done, came.length);
        done += came.length;
        came.length = one.length;
        assert_memory_equal(&came, &one, VIRTIO_VSOCK_HEADER);
    }
    expect_nothing(STATION_SERVER);
}

/* The answer that `to` would have given. */
static void expect_refusal(unsigned from, const struct virtio_vsock_header *what)
{
    expect(from, VIRTIO_VSOCK_RESET);
    assert_int_equal(came.source_cid, what->destination_cid);
    assert_int_equal(came.source_port, what->destination_port);
    assert_int_equal(came.destination_cid, what->source_cid);
    assert_int_equal(came.destination_port, what->source_port);
    assert_int_equal(came.type, what->type);
    assert_int_equal(came.length, 0);
    for (unsigned i = 0; i < STATIONS; i++)
        expect_nothing(i);
}

static void nobody_is_reached_who_may_not_be(void **state)
{
    static const struct {
        uint64_t cid;
        uint32_t port;
        uint16_t type, operation;
    } bad[] = {
        {9, 4000, 1, 1},            /* no such CID */
        {2, 4002, 1, 1},            /* nobody's port, */
        {2, 3999, 1, 5},            /* nor this */
        {2, VSOCK_OWN_FIRST, 1, 1}, /* a guest has none of these */
        {2, 4100, 1, 1},            /* HIDDEN does not reach it */
        {4, 1234, 1, 1},            /* neither may reach the other */
        {3, 1234, 1, 1},            /* itself */
        {1, 4000, 1, 1},            /* a guest's own loopback */
        {2, 4000, 2, 1},            /* no such type */
        {2, 4000, 1, 0},            /* no such operation */
        {2, 4000, 1, 8},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct virtio_vsock_header one = packet(STATION_GUEST, STATION_SERVER, bad[i].operation, 0);

        one.destination_cid = bad[i].cid;
        one.destination_port = bad[i].port;
        one.type = bad[i].type;
        send(STATION_GUEST, one, NULL);
        service_run();
        expect_refusal(STATION_GUEST, &one);
    }
}

static void resets_to_nobody_are_not_answered(void **state)
{
    struct virtio_vsock_header one = packet(STATION_GUEST, STATION_OTHER, VIRTIO_VSOCK_RESET, 0);

    (void)state;
    send(STATION_GUEST, one, NULL);
    service_run();
    for (unsigned i = 0; i < STATIONS; i++)
        expect_nothing(i);
}

static void nobody_speaks_for_another(void **state)
{
    struct virtio_vsock_header one = packet(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_REQUEST, 0);

    (void)state;
    send(STATION_GUEST, one, NULL); /* another's CID */
    one = packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_REQUEST, 0);
    send(STATION_GUEST, one, NULL); /* the host's */
    one = packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_REQUEST, 0);
    one.source_port = 4100;
    send(STATION_SERVER, one, NULL); /* another component's port */
    one.source_port = VSOCK_OWN_FIRST + STATION_HIDDEN * VSOCK_OWN_PORTS;
    send(STATION_SERVER, one, NULL);
    service_run();
    for (unsigned i = 0; i < STATIONS; i++)
        expect_nothing(i);
    one.source_port = VSOCK_OWN_FIRST + STATION_SERVER * VSOCK_OWN_PORTS + VSOCK_OWN_PORTS - 1;
    send(STATION_SERVER, one, NULL);
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_REQUEST);
}

static void natives_reach_each_other(void **state)
{
    (void)state;
    send(STATION_SERVER, packet(STATION_SERVER, STATION_HIDDEN, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    expect(STATION_HIDDEN, VIRTIO_VSOCK_DATA);
    assert_memory_equal(payload, "abc", 3);
}

static void expect_broken(unsigned number)
{
    assert_true((exchange_news(&exchange, number) & EXCHANGE_BROKEN) != 0);
    assert_false((exchange_news(&exchange, number) & EXCHANGE_BROKEN) != 0);
    assert_int_equal(exchange_error(&exchange, number), VIRTIO_BAD_REQUEST);
    for (unsigned i = 0; i < STATIONS; i++)
        if (i != number)
            assert_int_equal(exchange_error(&exchange, i), VIRTIO_OK);
}

static void nonsense_stops_its_sender_alone(void **state)
{
    struct virtio_vsock_header one = packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 700);

    (void)state;
    send(STATION_GUEST, one, NULL); /* a payload that is not there */
    send(STATION_OTHER, packet(STATION_OTHER, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
    expect_nothing(STATION_SERVER);
    expect_broken(STATION_GUEST);
    assert_int_equal(station_call(STATION_GUEST, VSOCK_QUEUES), 0x010201);
    assert_int_equal(station_call(STATION_GUEST, VSOCK_DETACH), 0);
    assert_int_equal(station_call(STATION_GUEST, VSOCK_QUEUES), 0);
    station_start(STATION_GUEST);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
}

static void a_buffer_without_room_stops_its_receiver_alone(void **state)
{
    struct virtio_descriptor *descriptors = (void *)stations[STATION_SERVER].memory;

    (void)state;
    descriptors[0].length = VIRTIO_VSOCK_HEADER;
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    expect_broken(STATION_SERVER);
    expect(STATION_GUEST, VIRTIO_VSOCK_RESET);
}

static void requests_that_make_no_sense(void **state)
{
    uint64_t word[8] = {VSOCK_ATTACH, VIRTIO_VSOCK_QUEUES, 16};
    uint64_t reply[8] = {0};

    (void)state;
    exchange_answer(&exchange, -1, word, reply);
    assert_int_equal(reply[0], VSOCK_FAILED | VSOCK_BAD_CLIENT);
    exchange_answer(&exchange, 0, word, reply);
    assert_int_equal(reply[0], VSOCK_FAILED | VSOCK_BAD_QUEUE);
    word[1] = 0; /* is attached */
    exchange_answer(&exchange, 0, word, reply);
    assert_int_equal(reply[0], VSOCK_FAILED | VSOCK_BAD_QUEUE);
    assert_int_equal(station_call(0, VSOCK_DETACH), 0);
    word[2] = 2 * VSOCK_QUEUE_SIZE_MAX;
    exchange_answer(&exchange, 0, word, reply);
    assert_int_equal(reply[0], VSOCK_FAILED | VSOCK_BAD_RING);
    word[2] = 16;
    word[3] = STATION_MEMORY;
    exchange_answer(&exchange, 0, word, reply);
    assert_int_equal(reply[0], VSOCK_FAILED | VSOCK_BAD_RING);
    assert_int_equal(station_call(0, 99), VSOCK_FAILED | VSOCK_BAD_OPERATION);
    word[0] = VSOCK_INFO;
    memset(reply, 0, sizeof(reply));
    exchange_answer(&exchange, STATION_HIDDEN, word, reply);
    assert_int_equal(reply[0], 0);
    assert_int_equal(reply[1], 2);
    assert_int_equal(reply[2], VSOCK_OWN_FIRST + STATION_HIDDEN * VSOCK_OWN_PORTS);
    assert_int_equal(reply[3], VSOCK_OWN_PORTS);
    exchange_answer(&exchange, STATION_OTHER, word, reply);
    assert_int_equal(reply[1], 4);
}

/* A payload whose first pieces have come, no more buffers, and then a new copy of the service. */
static void a_new_copy_goes_on_in_the_middle_of_a_packet(void **state)
{
    uint8_t sent[900];
    size_t done = 0;
    uint32_t id = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(i * 11);
    fill_up(STATION_SERVER, STATION_GUEST);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, sizeof(sent)), sent);
    service_run();
    stations[STATION_SERVER].withheld = 0x8000; /* two buffers stay lost */
    station_relent(STATION_SERVER);
    stations[STATION_SERVER].withholds = true;
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
    memcpy(payload + STATION_RECEIVES, payload, came.length);
    assert_memory_equal(payload, sent, came.length);
    done = came.length;
    assert_true(done < sizeof(sent));
    service_begin();
    service_run();
    expect_nothing(STATION_SERVER);
    station_relent(STATION_SERVER);
    while (done < sizeof(sent)) {
        service_run();
        expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
        assert_memory_equal(payload, sent + done, came.length);
        done += came.length;
        stations[STATION_SERVER].withheld = 0;
    }
    service_run();
    expect_nothing(STATION_SERVER);
    assert_false(station_event(STATION_SERVER, &id, true));
    assert_true((exchange_news(&exchange, STATION_SERVER) & EXCHANGE_SIGNAL) != 0);
}

/* Whose queues are detached for a moment is not refused, and what was for it comes later. */
static void who_is_let_go_is_waited_for(void **state)
{
    (void)state;
    exchange_let_go(&exchange, STATION_GUEST);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_RESPONSE, 0), NULL);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    expect_nothing(STATION_SERVER);
    station_attach(STATION_GUEST);
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_RESPONSE);
    expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
    /* One that has gone by itself is. */
    assert_int_equal(station_call(STATION_GUEST, VSOCK_DETACH), 0);
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_RESET);
}

/* Who asked for a connection with somebody that was being made again is not kept waiting: it is of the copy before. */
static void what_waits_for_who_is_no_more_is_refused(void **state)
{
    struct virtio_vsock_header one = packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_REQUEST, 0);

    (void)state;
    exchange_let_go(&exchange, STATION_SERVER);
    send(STATION_GUEST, one, NULL);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_RESET, 0), NULL);
    service_run();
    expect_nothing(STATION_GUEST);
    assert_int_equal(station_call(STATION_SERVER, VSOCK_DETACH), 0);
    station_start(STATION_SERVER);
    service_run();
    expect_refusal(STATION_GUEST, &one);
    expect_nothing(STATION_GUEST);
    expect_nothing(STATION_SERVER);
    send(STATION_GUEST, one, NULL);
    service_run();
    expect(STATION_SERVER, VIRTIO_VSOCK_REQUEST);
}

/* Only those who had connections are told that these are gone. */
static void without_a_journal_connections_are_lost(void **state)
{
    uint32_t id = 1;

    (void)state;
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
    exchange.journal->magic++;
    service_begin();
    service_run();
    assert_true(station_event(STATION_GUEST, &id, true));
    assert_int_equal(id, VIRTIO_VSOCK_TRANSPORT_RESET);
    assert_true(station_event(STATION_SERVER, &id, true));
    assert_false(station_event(STATION_OTHER, &id, true));
    assert_false(station_event(STATION_HIDDEN, &id, true));
    service_run();
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    expect(STATION_GUEST, VIRTIO_VSOCK_DATA);
}

/* A client that is made again while there is no service cannot detach: its fresh rings say so. */
static void a_fresh_ring_is_a_fresh_client(void **state)
{
    uint32_t id = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    stations[STATION_GUEST].driver[0].setup.size = 0;
    service_begin();
    station_start(STATION_GUEST);
    send(STATION_GUEST, packet(STATION_GUEST, STATION_SERVER, VIRTIO_VSOCK_DATA, 3), "def");
    service_run();
    for (unsigned i = 0; i < 3; i++)
        expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
    expect(STATION_SERVER, VIRTIO_VSOCK_DATA);
    assert_memory_equal(payload, "def", 3);
    assert_false(station_event(STATION_GUEST, &id, true));
}

/* What a hostile or broken copy of before has left. */
static void a_journal_without_sense_is_thrown_away(void **state)
{
    struct journal *journal = exchange.journal;
    uint32_t id = 1;

    (void)state;
    send(STATION_SERVER, packet(STATION_SERVER, STATION_GUEST, VIRTIO_VSOCK_DATA, 3), "abc");
    service_run();
    journal->client[STATION_GUEST].tail = (uint16_t)(journal->client[STATION_GUEST].head + STATION_ENTRIES + 1);
    service_begin();
    service_run();
    assert_true(station_event(STATION_GUEST, &id, true));
    assert_int_equal(id, VIRTIO_VSOCK_TRANSPORT_RESET);
    assert_false(station_event(STATION_SERVER, &id, true));
    journal->parties = 2;
    journal->party[0].client = STATIONS;
    service_begin();
    assert_int_equal(journal->parties, 0);
    journal->parties = 3;
    service_begin();
    assert_int_equal(journal->parties, 0);
}

int test_exchange(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(data_comes_in_pieces_with_its_header, set_up),
        cmocka_unit_test_setup(nobody_is_reached_who_may_not_be, set_up),
        cmocka_unit_test_setup(resets_to_nobody_are_not_answered, set_up),
        cmocka_unit_test_setup(nobody_speaks_for_another, set_up),
        cmocka_unit_test_setup(natives_reach_each_other, set_up),
        cmocka_unit_test_setup(nonsense_stops_its_sender_alone, set_up),
        cmocka_unit_test_setup(a_buffer_without_room_stops_its_receiver_alone, set_up),
        cmocka_unit_test_setup(requests_that_make_no_sense, set_up),
        cmocka_unit_test_setup(a_new_copy_goes_on_in_the_middle_of_a_packet, set_up),
        cmocka_unit_test_setup(what_waits_for_who_is_no_more_is_refused, set_up),
        cmocka_unit_test_setup(who_is_let_go_is_waited_for, set_up),
        cmocka_unit_test_setup(without_a_journal_connections_are_lost, set_up),
        cmocka_unit_test_setup(a_fresh_ring_is_a_fresh_client, set_up),
        cmocka_unit_test_setup(a_journal_without_sense_is_thrown_away, set_up),
    };

    return cmocka_run_group_tests_name("vsock exchange", tests, NULL, NULL);
}
